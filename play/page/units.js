// The text, coloured by one unit of a recurrent network (Karpathy, Johnson and Li 2015).
import { el, heat, isDark, walk } from "./dom.js";
import { layerChips } from "./signals.js";
import { since } from "./heatmap.js";

export function units(box, answer, asked, again) {
  const s = answer.signals[0],
    n = s.values[0].length;
  const value = s.name === "c" ? (t, u) => Math.tanh(s.values[t][u]) : (t, u) => s.values[t][u];
  const best = ranked(s.values.length, n, value);
  asked.unit = Math.min(asked.unit ?? best[0], n - 1);
  const text = el("div.said", {
      tabindex: "0",
      role: "region",
      "aria-label": "The text, coloured by the unit; arrow keys read the values",
    }),
    read = el(
      "p.lead",
      { role: "status" },
      "Point at a token to read its value, or use the arrow keys.",
    ),
    chips = el("div.chips", { role: "group", "aria-label": "Units that change slowly and much" });
  const number = el("input", {
    id: "unit",
    type: "number",
    min: "0",
    max: String(n - 1),
    required: "",
  });
  const draw = () => {
    number.value = String(asked.unit);
    text.replaceChildren(
      ...answer.tokens.map((t, i) => {
        const v = value(i, asked.unit);
        const span = el("span.tok", { title: v.toFixed(2) }, t.text);
        span.style.background = `rgb(${heat((isDark() ? 0.5 : 0.8) * v).join(" ")})`;
        return span;
      }),
    );
    for (const b of chips.children)
      b.setAttribute("aria-pressed", String(+b.dataset.unit === asked.unit));
  };
  const pick = (u) => {
    asked.unit = Math.max(0, Math.min(n - 1, u || 0));
    draw();
  };
  number.addEventListener("input", () => number.value !== "" && pick(+number.value));
  chips.append(
    ...best
      .slice(0, 10)
      .map((u) =>
        el(
          "button",
          { type: "button", "data-unit": String(u), onclick: () => pick(u) },
          `unit ${u}`,
        ),
      ),
  );
  walk(text, read);
  box.replaceChildren(
    el(
      "p.lead",
      {},
      `${s.name === "c" ? "The cell" : "The hidden state"} of one unit after each token: blue is ` +
        "positive, orange negative. Look for a unit with a meaning, such as one that is on inside a " +
        "sentence or after a certain word. The units that change slowly and much come first." +
        since(answer.tokens),
    ),
    ...layerChips(answer, asked, again),
    el("div.row.left", {}, el("label", { for: "unit" }, `Unit, 0 to ${n - 1}`), number, chips),
    el("div.panel", {}, text),
    read,
  );
  draw();
}

// ranked returns the units by variance × autocorrelation between neighbouring tokens, the largest
// first: units that hold a value for some time and then change it.
function ranked(length, n, value) {
  const score = (u) => {
    const v = Array.from({ length }, (_, t) => value(t, u)),
      mean = v.reduce((a, b) => a + b, 0) / length;
    let covariance = 0;
    for (let t = 1; t < length; t++) covariance += (v[t] - mean) * (v[t - 1] - mean);
    return covariance;
  };
  const scores = Array.from({ length: n }, (_, u) => score(u));
  return scores.map((_, u) => u).sort((a, b) => scores[b] - scores[a]);
}
