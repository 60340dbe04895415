// Heat maps on a canvas: one pixel per cell, scaled up by the browser.
import { el, heat } from "./dom.js";

// paint draws value(row, column), −1 to 1 or null, on a canvas of rows × columns pixels.
export function paint(canvas, rows, columns, value) {
  canvas.width = columns;
  canvas.height = rows;
  const c = canvas.getContext("2d");
  const image = c.createImageData(columns, rows);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < columns; k++) {
      const v = value(r, k);
      if (v === null) continue;
      image.data.set([...heat(v), 255], 4 * (r * columns + k));
    }
  c.putImageData(image, 0, 0);
}

// since returns a note if the tokens do not begin with the document: earlier tokens are not shown.
export function since(tokens) {
  return tokens[0].id === 0
    ? ""
    : ` These are the last ${tokens.length} tokens; earlier tokens are not shown.`;
}

// under labels the columns with tokens, written downwards and small enough for a column.
export function under(tokens) {
  const box = el("div.under", { "aria-hidden": "true" });
  tokens.forEach((t, i) => {
    const s = el("span", {}, t.text.trim() || t.text);
    s.style.left = `${(100 * (i + 0.5)) / tokens.length}%`;
    s.style.fontSize = `min(.7rem, ${100 / tokens.length}cqw)`;
    box.append(s);
  });
  return box;
}

// beside labels the rows with tokens, small enough for a row.
export function beside(tokens) {
  const box = el("div.beside", { "aria-hidden": "true" });
  tokens.forEach((t, i) => {
    const s = el("span", {}, t.text.trim() || t.text);
    s.style.top = `${(100 * (i + 0.5)) / tokens.length}%`;
    s.style.fontSize = `min(.7rem, ${100 / tokens.length}cqh)`;
    box.append(s);
  });
  return box;
}

// pointed calls f(row, column) for the cell under the pointer or at the arrow keys' position.
export function pointed(canvas, f) {
  let row = canvas.height - 1,
    column = -1;
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (e) => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[
      e.key
    ];
    if (!by) return;
    e.preventDefault();
    row = Math.min(Math.max(row + by[0], 0), canvas.height - 1);
    column = Math.min(Math.max(column + by[1], 0), canvas.width - 1);
    f(row, column);
  });
  canvas.addEventListener("pointermove", (e) => {
    const at = canvas.getBoundingClientRect();
    const r = Math.floor(((e.clientY - at.top) / at.height) * canvas.height),
      k = Math.floor(((e.clientX - at.left) / at.width) * canvas.width);
    if (r >= 0 && r < canvas.height && k >= 0 && k < canvas.width) f(r, k);
  });
}
