// The colours of the models: a shade for each species, from the same table as the report's.
import { el, isDark } from "./dom.js";
import { state } from "./state.js";

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const hex = (parts) => "#" + parts.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");

// shade returns a different colour for each further model of a species: alternately darker and
// lighter.
function shade(colour, n) {
  if (n === 0) return colour;
  const towards = n % 2 ? [20, 20, 24] : [240, 240, 236],
    part = Math.min(0.75, 0.3 + 0.12 * n);
  return hex(rgb(colour).map((v, i) => v + part * (towards[i] - v)));
}

// lines returns the line style of each model in a chart, {colour, dash}, by the model's id. No two
// models share a colour.
export function lines() {
  const seen = new Map(),
    all = new Map(),
    taken = new Set();
  for (const m of state.models) {
    let n = seen.get(m.species) || 0,
      colour;
    do colour = shade(isDark() ? m.colour.night : m.colour.day, n++);
    while (taken.has(colour) && n < 9);
    taken.add(colour);
    seen.set(m.species, n);
    all.set(m.id, { colour, dash: [[], [8, 4], [2, 3]][(n - 1) % 3] });
  }
  return all;
}

// tint gives an element the colour of a model, as the variable --c.
export function tint(element, model) {
  element.style.setProperty("--c", lines().get(model.id)?.colour ?? "var(--soft)");
  return element;
}

// era returns the era and the year of a model, beside the era's colour.
export function era(m) {
  const mark = el("span.swatch");
  mark.style.background = `var(--${m.era}, var(--soft))`;
  return el("span.era", {}, mark, `${m.era} ${m.year}`);
}

// The eras, the newest first.
const eras = ["LLM", "PLM", "NLM", "SLM"];

// byEra returns models with the newest era first, and the newest model of an era first. An era of
// another module precedes these.
export function byEra(models) {
  return [...models].sort((a, b) => eras.indexOf(a.era) - eras.indexOf(b.era) || b.year - a.year);
}
