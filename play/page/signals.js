// The hidden state and the gates of a recurrent network over time.
import { el } from "./dom.js";
import { paint, under, pointed, since } from "./heatmap.js";

const names = {
  h: "hidden state h",
  c: "cell c",
  i: "input gate i: how much to write",
  f: "forget gate f: how much to keep",
  g: "candidate g: what to write",
  o: "output gate o: how much to output",
  r: "reset gate r: how much of the past the new state sees",
  z: "update gate z: how much to keep",
  n: "new state n",
};

// layerChips returns buttons for the layers, if there are several.
export function layerChips(answer, asked, again) {
  if (answer.layers < 2) return [];
  return [
    el(
      "div.chips",
      { role: "group", "aria-label": "Layer" },
      ...Array.from({ length: answer.layers }, (_, l) =>
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(l === answer.layer),
            "data-key": `layer ${l}`,
            onclick: () => {
              asked.layer = l;
              again();
            },
          },
          `layer ${l + 1}`,
        ),
      ),
    ),
  ];
}

export function signals(box, answer, asked, again) {
  const read = el(
    "p.lead",
    { role: "status" },
    "Point at a cell to read it, or use the arrow keys.",
  );
  box.replaceChildren(
    el(
      "p.lead",
      {},
      "Time runs to the right, one column per token; each row is a unit. Blue is positive, " +
        "orange negative. A row that keeps its colour is a unit that remembers." +
        since(answer.tokens),
    ),
    ...layerChips(answer, asked, again),
    read,
    el("div.heats", {}, ...answer.signals.map((s) => one(s, answer.tokens, read))),
  );
}

function one(s, tokens, read) {
  const units = s.values[0].length,
    scale = Math.max(Math.abs(s.low), s.high);
  const canvas = el("canvas", {
    role: "img",
    "aria-label":
      `${names[s.name]}: ${units} units over ${tokens.length} tokens, mean ${mean(s.values).toFixed(2)}, ` +
      `mean change ${change(s.values).toFixed(2)} per token`,
  });
  paint(canvas, units, tokens.length, (r, k) => s.values[k][r] / scale);
  canvas.style.height = Math.min(320, Math.max(120, 2 * units)) + "px";
  pointed(canvas, (r, k) => {
    read.textContent =
      `${s.name}, unit ${r}, after “${tokens[k].text.trim()}”: ` + s.values[k][r].toFixed(3);
  });
  return el(
    "div.heat",
    { "data-signal": s.name },
    el("h3", {}, names[s.name]),
    canvas,
    under(tokens),
  );
}

function mean(values) {
  const all = values.flat();
  return all.reduce((a, b) => a + b, 0) / all.length;
}

function change(values) {
  let sum = 0,
    n = 0;
  for (let t = 1; t < values.length; t++)
    for (let u = 0; u < values[t].length; u++) {
      sum += Math.abs(values[t][u] - values[t - 1][u]);
      n++;
    }
  return n ? sum / n : 0;
}
