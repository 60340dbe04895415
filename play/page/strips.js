// Vectors as rows of colours.
import { el } from "./dom.js";
import { paint } from "./heatmap.js";

// largest returns the largest absolute value.
export const largest = (values) => Math.max(1e-6, ...values.map(Math.abs));

// strip returns a vector as one row of a heat map.
export function strip(values, scale, label) {
  const canvas = el("canvas.strip", { role: "img", "aria-label": label, title: label });
  paint(canvas, 1, values.length, (_, k) => values[k] / scale);
  return canvas;
}
