// Inside: the inner values of a model for the prompt, in the views that the model offers.
import { get, post } from "./api.js";
import { $, el } from "./dom.js";
import { emptyMessage, prompt, showError, state } from "./state.js";
import { backoff } from "./backoff.js";
import { signals } from "./signals.js";
import { units } from "./units.js";
import { attention } from "./attention.js";
import { flow } from "./flow.js";
import { fill } from "./fill.js";
import { voices } from "./voices.js";
import { map } from "./map.js";
import { byEra, tint } from "./palette.js";

let running = null;
let model = ""; // the model to inspect
const choices = new Map(); // the visitor's choices by model and view: token, layer, head, gap, ablate
const opened = new Map(); // the view of each model
let read = ""; // the prompt of the last answer

// The views by name: a title, and a function that draws an answer.
const views = {
  backoff: ["Back-off", backoff],
  voices: ["The window", voices],
  signals: ["States and gates", signals],
  units: ["One unit", units],
  fill: ["Fill a gap", fill],
  flow: ["Flow", flow],
  attention: ["Attention", attention],
  embeddings: ["Embeddings", map],
};

// chips draws buttons; one of them is pressed.
function chips(box, items, pressed, pick) {
  box.replaceChildren(
    ...items.map(([key, ...content]) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(key === pressed),
          "data-key": key,
          onclick: () => pick(key),
        },
        ...content,
      ),
    ),
  );
}

export async function showInside() {
  const models = byEra(state.models.filter((m) => m.views.some((v) => v in views)));
  const box = $("inside-view");
  if (!models.length) {
    box.replaceChildren(
      el(
        "p.lead",
        {},
        state.models.length ? "None of these models has a view of its internals." : emptyMessage(),
      ),
    );
    return;
  }
  if (!models.some((m) => m.id === model)) model = models[0].id;
  const m = models.find((m) => m.id === model),
    own = m.views.filter((v) => v in views);
  if (!own.includes(opened.get(model))) opened.set(model, own[0]);
  const view = opened.get(model);
  const held = document.activeElement?.dataset.key;
  chips(
    $("inside-models"),
    models.map((m) => [m.id, el("span.swatch"), m.id]),
    model,
    (id) => {
      model = id;
      showInside();
    },
  );
  for (const b of $("inside-models").children) {
    b.dataset.model = b.dataset.key;
    tint(
      b,
      models.find((m) => m.id === b.dataset.key),
    );
  }
  chips(
    $("inside-views"),
    own.map((v) => [v, views[v][0]]),
    view,
    (v) => {
      opened.set(model, v);
      showInside();
    },
  );
  $("inside-views").hidden = own.length < 2;
  if (running) running.abort();
  const mine = (running = new AbortController());
  const key = `${model} ${view}`;
  if (!choices.has(key)) choices.set(key, {});
  const asked = choices.get(key);
  if (prompt() !== read) delete asked.gap; // the tokens have other numbers
  const missing = unreadable(m, view);
  if (missing) {
    box.dataset.view = "";
    box.replaceChildren(el("p.lead", {}, missing));
    showError(null);
    return;
  }
  try {
    const answer = await request(m, view, asked, mine.signal);
    if (mine.signal.aborted) return;
    read = prompt();
    box.dataset.view = view;
    views[view][1](box, answer, asked, showInside, m);
    showError(null);
  } catch (err) {
    showError(err);
  }
  if (held && !mine.signal.aborted)
    [...document.querySelectorAll("#view-inside [data-key]")]
      .find((e) => e.dataset.key === held)
      ?.focus({ preventScroll: true });
}

// unreadable returns what is wrong with the prompt for a view that needs a text with one gap.
function unreadable(m, view) {
  if (view !== "fill" && (view !== "flow" || m.causal)) return "";
  if (!prompt()) return "The prompt is empty. Type a text; one of its tokens is then masked.";
  if (prompt().split("[MASK]").length > 2)
    return "The prompt has [MASK] more than once; leave one.";
  return "";
}

// request asks for what a view shows. A flow also needs the distribution of the next token.
async function request(m, view, asked, signal) {
  if (view === "embeddings") return get("/api/embeddings/" + encodeURIComponent(m.id), signal);
  const { token, layer, head, gap, ablate } = asked;
  const body = { model: m.id, prompt: prompt(), view, token, layer, head, gap, ablate };
  const [answer, next] = await Promise.all([
    post("/api/inside", body, signal),
    view === "flow" && m.causal
      ? post("/api/next", { prompt: prompt(), models: [m.id], top: 1 }, signal)
      : null,
  ]);
  return { ...answer, right: next?.limit?.right };
}
