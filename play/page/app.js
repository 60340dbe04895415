// The playground: which models there are, what the prompt is, which view is open.
import { get } from "./api.js";
import { $, el, debounce, onTheme } from "./dom.js";
import { showNext } from "./next.js";
import { showInside } from "./inside.js";
import { showGenerate, setUpGenerate } from "./generate.js";
import { showCompress, setUpCompress } from "./compress.js";
import { setUpJobs, showTrain, showCompare } from "./jobs.js";

export const state = { models: [], chosen: new Set(), info: {}, view: "" };

const views = { next: showNext, inside: showInside, generate: showGenerate, compress: showCompress, compare: showCompare, train: showTrain };
const withPrompt = ["next", "inside", "generate"];

// chosen are the models that are ticked, in order.
export const chosen = () => state.models.filter((m) => state.chosen.has(m.id));
export const prompt = () => $("prompt").value;
// nobody says why no model answers.
export const nobody = () => (state.models.length ? "No model is ticked." : "There is no model yet; Train says what is being made.");

export function setPrompt(text) {
  const area = $("prompt");
  area.value = text;
  area.scrollTop = area.scrollHeight;
  refresh();
}

// fault shows what went wrong; "" hides it. A request that was cut short is no fault.
export function fault(err) {
  if (err && err.name === "AbortError") return;
  $("error").textContent = err ? err.message || String(err) : "";
  $("error").hidden = !err;
}

// fits reports whether the server would read a text, and says so if it would not.
export function fits(text, what) {
  const bytes = new TextEncoder().encode(text).length, most = state.info.limits.prompt_bytes;
  if (bytes > most) fault(new Error(`${what} has ${bytes} bytes, and at most ${most} are read. Shorten it.`));
  return bytes <= most;
}

// refresh draws the open view anew.
export function refresh() {
  const long = withPrompt.includes(state.view) && !fits(prompt(), "The prompt");
  document.body.classList.toggle("stale", long); // what is there belongs to another prompt
  if (long) return;
  views[state.view](state);
}

// loadModels asks which models there are; new ones are ticked.
export async function loadModels() {
  const info = await get("/api/models");
  const known = new Set(state.models.map((m) => m.id));
  state.info = info;
  state.models = info.models;
  for (const m of info.models) if (!known.has(m.id)) state.chosen.add(m.id);
  drawModels();
  drawStarters();
}

function drawModels() {
  const box = $("models");
  box.replaceChildren(el("legend", {}, "Models"));
  for (const m of state.models) {
    const tick = el("input", {
      type: "checkbox", checked: state.chosen.has(m.id),
      onchange: (e) => { e.target.checked ? state.chosen.add(m.id) : state.chosen.delete(m.id); refresh(); },
    });
    box.append(el("label", { title: `${m.title}: remembers ${m.remembers}` }, tick, m.id));
  }
}

// One prompt for each thing that a token of the world may need.
const worldPrompts = {
  "local pattern": "once in spring , on a windy",
  "long memory": "today in spring , on a mild night , two friends meet in lorrin . it is a tale of the forest . lena is a potter with a green rope . rosa is a doctor with a purple axe . then lena goes to the hut . so the tale of the",
  "learned fact": "here is what we know of octavian . he grew up in",
  "copy from context": "in the language of palu : here lurv means white . here liff means apples . so liff means apples . so lurv means",
  "small sum": "let us count nails . tomas has nine nails . he sells three nails . now tomas has",
};

function drawStarters() {
  const box = $("starters");
  box.replaceChildren();
  if (!state.models.some((m) => m.corpus === "world")) return;
  for (const [name, text] of Object.entries(worldPrompts)) {
    box.append(el("button", { type: "button", onclick: () => setPrompt(text) }, name));
  }
}

function open() {
  const name = location.hash.slice(1);
  if (name === "main") return;
  state.view = name in views ? name : "next";
  for (const v of Object.keys(views)) $("view-" + v).hidden = v !== state.view;
  for (const a of document.querySelectorAll("nav a")) {
    if (a.hash === "#" + state.view) { a.setAttribute("aria-current", "page"); a.scrollIntoView({ inline: "nearest", block: "nearest" }); } else a.removeAttribute("aria-current");
  }
  $("stage").hidden = !withPrompt.includes(state.view);
  $("models").hidden = state.view === "train" || state.view === "inside";
  fault(null);
  refresh();
}

async function start() {
  setUpGenerate();
  setUpCompress();
  try {
    await loadModels();
  } catch (err) {
    fault(err);
    return;
  }
  setUpJobs();
  $("prompt").value = state.models.some((m) => m.corpus === "world") ? worldPrompts["local pattern"] : "";
  $("prompt").addEventListener("input", debounce(refresh, 15));
  addEventListener("hashchange", open);
  onTheme(refresh);
  open();
  document.body.dataset.ready = "true";
}

start();
