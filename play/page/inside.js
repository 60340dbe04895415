// Inside: the inner values of a model for the prompt, in a view of its era.
import { post } from "./api.js";
import { $, el } from "./dom.js";
import { emptyMessage, prompt, showError, state } from "./state.js";
import { backoff } from "./backoff.js";
import { signals } from "./signals.js";
import { attention } from "./attention.js";
import { voices } from "./voices.js";
import { map } from "./map.js";
import { tint } from "./palette.js";

let running = null;
let model = ""; // the model to inspect
let asked = {}; // the visitor's choices in the view: token, layer, head

const drawings = { backoff, signals, attention, voices };

export async function showInside() {
  const models = state.models.filter((m) => m.views.length);
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
  if (!models.some((m) => m.id === model))
    model = (models.find((m) => m.views.includes("attention")) || models[models.length - 1]).id;
  $("inside-models").replaceChildren(
    ...models.map((m) =>
      tint(
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(m.id === model),
            "data-model": m.id,
            onclick: () => {
              model = m.id;
              asked = {};
              showInside();
              $("inside-models").querySelector(`[data-model="${m.id}"]`).focus();
            },
          },
          el("span.swatch"),
          m.id,
        ),
        m,
      ),
    ),
  );
  if (running) running.abort();
  const mine = (running = new AbortController());
  try {
    const answer = await post(
      "/api/inside",
      { model, prompt: prompt(), token: asked.token, layer: asked.layer || 0 },
      mine.signal,
    );
    if (mine.signal.aborted) return;
    box.dataset.view = answer.view;
    drawings[answer.view](box, answer, asked, showInside);
    showError(null);
  } catch (err) {
    showError(err);
  }
  const m = models.find((m) => m.id === model);
  if (m && !mine.signal.aborted) map($("inside-map"), m);
}
