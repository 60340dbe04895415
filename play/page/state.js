// What all views share: the models, which of them are ticked, the prompt, and the error line.
import { get } from "./api.js";
import { $ } from "./dom.js";

export const state = { models: [], chosen: new Set(), info: {}, view: "" };

const listeners = { refresh: [], models: [] };

// on calls f at every event: "refresh" redraws the open view, "models" reports a changed list.
export const on = (event, f) => listeners[event].push(f);
const tell = (event) => listeners[event].forEach((f) => f());

// chosen returns the ticked models, in order.
export const chosen = () => state.models.filter((m) => state.chosen.has(m.id));
export const prompt = () => $("prompt").value;

// emptyMessage returns the text to show when no model answers.
export const emptyMessage = () =>
  state.models.length
    ? "No model is ticked."
    : "There is no model yet; Train shows the progress of the first one.";

export function setPrompt(text) {
  const area = $("prompt");
  area.value = text;
  area.scrollTop = area.scrollHeight;
  refresh();
}

// showError shows an error; null hides it. A request that the page itself cancelled is not an error.
export function showError(err) {
  if (err && err.name === "AbortError") return;
  $("error").textContent = err ? err.message || String(err) : "";
  $("error").hidden = !err;
}

// fits reports whether the server accepts a text of this length, and shows an error if not.
export function fits(text, what) {
  const bytes = new TextEncoder().encode(text).length,
    most = state.info.limits.prompt_bytes;
  if (bytes > most)
    showError(new Error(`${what} has ${bytes} bytes; want at most ${most}. Shorten it.`));
  return bytes <= most;
}

// refresh redraws the open view.
export const refresh = () => tell("refresh");

// commonest returns the corpus that most of the models learned; of equals, the first.
export function commonest(models) {
  const count = { "": 0 };
  for (const m of models) count[m.corpus] = (count[m.corpus] || 0) + 1;
  return Object.keys(count).reduce((a, b) => (count[b] > count[a] ? b : a));
}

// loadModels requests the list of models. It ticks new models, unless they ignore their context. Of
// the first list it ticks only models of one corpus, because the others cannot know what its
// prompts are about.
export async function loadModels() {
  const info = await get("/api/models");
  const known = new Set(state.models.map((m) => m.id));
  state.info = info;
  state.models = info.models;
  const fresh = info.models.filter((m) => m.causal && !known.has(m.id));
  let worth = fresh.filter((m) => m.uses_context);
  if (!worth.length && !known.size) worth = fresh;
  const corpus = commonest(worth);
  if (!known.size) worth = worth.filter((m) => m.corpus === corpus);
  for (const m of worth) state.chosen.add(m.id);
  tell("models");
}
