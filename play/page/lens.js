// The logit lens: what a transformer would predict after each layer.
import { el, percent, token } from "./dom.js";

// hit returns a function that recognises the right answer: the source's only continuation, or the
// token behind the gap.
export function hit(answer) {
  const hidden = answer.flow.hidden,
    right = answer.right;
  return (c) =>
    hidden ? c.id === hidden.id : Boolean(right && c.append && right.startsWith(c.append));
}

const layerName = (i, n) =>
  i === 0 ? "embeddings" : i === n ? `layer ${i}: the prediction` : `layer ${i}`;

// lens shows the likeliest tokens after each layer.
export function lens(answer) {
  const f = answer.flow,
    right = hit(answer);
  return el(
    "div.lens",
    {},
    ...f.lens.map((top, i) =>
      el(
        "div.next",
        { "data-layer": String(i) },
        el("span.name", {}, layerName(i, f.lens.length - 1)),
        bars(top.slice(0, 3), right),
      ),
    ),
  );
}

// bars shows probabilities that cannot be clicked.
export function bars(list, right, attributes = {}) {
  return el(
    "ol.bars",
    attributes,
    ...list.map((c) => {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.width = 100 * c.p + "%";
      return el(
        "li",
        {},
        el(
          "span.bar",
          { class: right(c) ? "bar right" : "bar" },
          bar,
          token(c.text),
          el("span.p", {}, percent(c.p)),
        ),
      );
    }),
  );
}

// grid shows the likeliest token after each layer, at several positions.
export function grid(answer) {
  const f = answer.flow,
    shown = answer.tokens.slice(f.grid_from, f.grid_from + f.grid[0].length);
  return el(
    "div.scroll",
    {},
    el(
      "table.grid-lens",
      {},
      el(
        "caption",
        {},
        f.both
          ? "The same at the positions around: what each position would say"
          : "The same at earlier positions: each column predicts the token of the next one",
      ),
      el(
        "tr",
        {},
        el("td"),
        ...shown.map((t, i) =>
          el("th", { scope: "col", class: f.grid_from + i === f.at ? "on" : null }, token(t.text)),
        ),
      ),
      ...f.grid.map((row, i) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, i === 0 ? "embeddings" : `layer ${i}`),
          ...row.map((c) => {
            const td = el("td", { title: percent(c.p) }, token(c.text));
            td.style.background = `color-mix(in srgb, var(--bar) ${Math.round(100 * c.p)}%, transparent)`;
            return td;
          }),
        ),
      ),
    ),
  );
}
