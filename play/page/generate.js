// Generate: several models continue the same prompt.
import { stream } from "./api.js";
import { $, el, percent, scale, sure, called, walk } from "./dom.js";
import { chosen, emptyMessage, prompt, showError, fits, state } from "./state.js";
import { era, tint } from "./palette.js";

let running = null;

const sliders = [
  // name, label, min, max, step, value, text of a value
  ["temperature", "Temperature", 0, 2, 0.05, 1, (v) => v.toFixed(2)],
  ["top_k", "Top-k", 0, 100, 1, 0, (v) => (v ? String(v) : "all")],
  ["top_p", "Top-p", 0.05, 1, 0.05, 1, (v) => (v < 1 ? v.toFixed(2) : "all")],
  ["pace", "Tokens per second", 2, 102, 1, 25, (v) => (v > 100 ? "no limit" : String(v))],
];

export function setUpGenerate() {
  const form = $("generate-form");
  for (const [name, label, min, max, step, value, show] of sliders) {
    const output = el("output", { for: "g-" + name }, show(value));
    const input = el("input", {
      type: "range",
      id: "g-" + name,
      name,
      min,
      max,
      step,
      value: String(value),
      oninput: (e) => {
        output.textContent = show(+e.target.value);
      },
    });
    form.append(el("div", {}, el("label", { for: "g-" + name }, label + " ", output), input));
  }
  form.append(
    el(
      "div",
      {},
      el("label", { for: "g-max" }, "Tokens"),
      el("input", {
        type: "number",
        id: "g-max",
        min: "1",
        max: "4096",
        value: "120",
        required: "",
      }),
    ),
    el(
      "div",
      {},
      el("label", { for: "g-seed" }, "Seed"),
      el("input", {
        type: "number",
        id: "g-seed",
        min: "0",
        max: String(Number.MAX_SAFE_INTEGER),
        value: "1",
        required: "",
      }),
    ),
    el(
      "div",
      {},
      el(
        "span.row",
        {},
        el("button.main", { type: "submit", id: "g-go" }, "Generate"),
        el("button", { type: "button", id: "g-stop", disabled: true, onclick: stop }, "Stop"),
      ),
    ),
  );
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    go();
  });
}

export function showGenerate() {
  $("generate-scale").replaceChildren(...scale([0.9, 0.5, 0.1, 0.01].map((p) => [p, percent(p)])));
  $("g-max").max = state.info.limits.tokens;
}

function stop() {
  if (running) running.abort();
}

async function go() {
  stop();
  const models = chosen(),
    text = prompt();
  if (!models.length) {
    $("generate-status").textContent = emptyMessage();
    return;
  }
  if (!fits(text, "The prompt")) return;
  const mine = (running = new AbortController());
  const cards = draw(models, text);
  const value = (id) => +$("g-" + id).value;
  const body = {
    prompt: text,
    models: models.map((m) => m.id),
    temperature: value("temperature"),
    top_k: value("top_k"),
    top_p: value("top_p"),
    pace: value("pace") > 100 ? 0 : value("pace"),
    max_tokens: value("max"),
    seed: value("seed"),
    alternatives: 3,
  };
  busy(true, "writing…");
  let how = "done";
  try {
    await stream("/api/generate", body, mine.signal, (name, ev) => {
      if (mine.signal.aborted) return;
      if (name === "token") cards.get(ev.model).add(ev);
      if (name === "end") cards.get(ev.model).end(ev);
    });
    showError(null);
  } catch (err) {
    how = "stopped";
    for (const c of cards.values()) c.stopped();
    showError(err);
  }
  if (running === mine) {
    running = null;
    busy(false, how);
  }
}

function busy(yes, what) {
  $("g-stop").disabled = !yes;
  $("generate-status").textContent = what;
  $("view-generate").dataset.state = what;
}

function draw(models, text) {
  const cards = new Map();
  const box = $("generate-cards");
  box.replaceChildren();
  for (const m of models) {
    const said = el(
      "div.said",
      {
        tabindex: "0",
        role: "log",
        "aria-live": "off",
        "aria-label": "text of " + called(m) + "; the arrow keys read its tokens",
      },
      el("span.given", {}, text),
    );
    const foot = el("p.foot", {}, "…"),
      read = el("p", { role: "status" });
    walk(said, read);
    const card = el(
      "article.card",
      { "data-model": m.id },
      el("div.head", {}, el("h3", {}, called(m)), era(m)),
      said,
      read,
      foot,
    );
    tint(card, m);
    box.append(card);
    cards.set(m.id, pen(said, foot));
  }
  return cards;
}

// pen appends the tokens of one model to its card.
function pen(said, foot) {
  let nats = 0,
    n = 0,
    over = false;
  const average = () =>
    n ? ` · probability per token ${percent(Math.exp(-nats / n))} (geometric mean)` : "";
  return {
    add(ev) {
      let p = 1;
      for (const t of ev.tokens) {
        p *= t.p;
        nats -= Math.log(Math.max(t.p, 1e-12));
        n++;
      }
      const top = ev.tokens[ev.tokens.length - 1].top || [];
      const span = el(
        "span.tok",
        {
          title:
            `${percent(p)}; likeliest: ` + top.map((t) => `“${t.text}” ${percent(t.p)}`).join(", "),
        },
        ev.text || "",
      );
      span.style.background = sure(p);
      const below = said.scrollHeight - said.scrollTop - said.clientHeight < 40;
      said.append(span);
      if (below) said.scrollTop = said.scrollHeight;
      foot.textContent = `${n} tokens`;
    },
    end(ev) {
      over = true;
      const why = {
        stop: "the document ends",
        length: "the maximum",
        time: "out of time",
        error: ev.error,
      }[ev.reason];
      foot.textContent = `${n} tokens, ${why}${average()}`;
    },
    stopped() {
      if (!over) foot.textContent = `${n} tokens, stopped${average()}`;
    },
  };
}
