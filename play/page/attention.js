// Attention of a transformer: small maps of all heads, one large map, and arcs over the text.
import { el, percent } from "./dom.js";
import { paint, beside, under, pointed, since } from "./heatmap.js";

// attention draws the maps of a model that offers nothing else; flow.js shows more.
export function attention(box, answer, asked) {
  const now = {
    layer: Math.min(asked.attLayer ?? answer.layers - 1, answer.layers - 1),
    head: Math.min(asked.head ?? 0, answer.heads - 1),
    from: answer.tokens.length - 1,
  };
  const large = el("div.attention"),
    heads = answer.attention.flatMap((layer, l) => layer.map((_, h) => ({ layer: l, head: h })));
  const small = thumbs(answer, heads, (head) => {
    asked.attLayer = now.layer = head.layer;
    asked.head = now.head = head.head;
    draw();
  });
  const draw = () => {
    press(small, now);
    one(large, answer, now, draw);
  };
  box.replaceChildren(el("p.lead", {}, how + since(answer.tokens)), small, large);
  draw();
}

const how =
  "Each row of a map is a token, each column a token that it may look at; the colour shows the " +
  "attention weight. Choose a head, then a token in the text to see its arcs.";

// thumbs returns small maps of heads {layer, head, sharpness}, each a button that calls pick(head).
export function thumbs(answer, heads, pick) {
  return el(
    "div.thumbs",
    { role: "group", "aria-label": "Layer and head" },
    ...heads.map((h) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paintHead(canvas, answer.attention[h.layer][h.head]);
      const sharp = h.sharpness === undefined ? "" : `, sharpness ${percent(h.sharpness)}`;
      return el(
        "button",
        {
          type: "button",
          "data-head": `${h.layer}.${h.head}`,
          "data-key": `head ${h.layer}.${h.head}`,
          "aria-label": `layer ${h.layer + 1}, head ${h.head + 1}${sharp}`,
          title: sharp.slice(2),
          onclick: () => pick(h),
        },
        canvas,
        `L${h.layer + 1} H${h.head + 1}`,
      );
    }),
  );
}

// press marks the chosen head.
export function press(thumbs, now) {
  for (const b of thumbs.children)
    b.setAttribute("aria-pressed", String(b.dataset.head === `${now.layer}.${now.head}`));
}

function paintHead(canvas, att) {
  paint(canvas, att.length, att.length, (r, k) =>
    att[r][k] === undefined ? null : Math.sqrt(att[r][k]),
  );
}

// one draws the map of a head and the arcs from one token; draw draws both again.
export function one(box, answer, now, draw) {
  const att = answer.attention[now.layer][now.head],
    tokens = answer.tokens;
  const canvas = el("canvas", {
    role: "img",
    "aria-label":
      `attention of layer ${now.layer + 1}, head ${now.head + 1}; ` +
      `from “${tokens[now.from].text.trim()}”: ${strongest(att[now.from], tokens)}`,
  });
  paintHead(canvas, att);
  canvas.style.aspectRatio = "1";
  const whole = Math.min(400, 56 * att.length) + "px"; // a short text needs no large map
  const read = el(
    "p.lead",
    { role: "status" },
    "Point at a cell to read it, or use the arrow keys.",
  );
  pointed(canvas, (r, k) => {
    if (att[r][k] !== undefined)
      read.textContent =
        `“${tokens[r].text.trim()}” takes ${percent(att[r][k])} from ` +
        `“${tokens[k].text.trim()}”`;
  });
  const arcs = el("div.arcs");
  box.replaceChildren(
    el(
      "div.heat",
      {},
      el("h3", {}, `Layer ${now.layer + 1}, head ${now.head + 1}`),
      labelled(whole, canvas, tokens),
      read,
    ),
    el(
      "div",
      {},
      el("h3", {}, "Arcs from “", el("b", {}, tokens[now.from].text.trim()), "”"),
      arcs,
      el("p.lead", { id: "strongest" }, strongest(att[now.from], tokens)),
    ),
  );
  drawArcs(arcs, att[now.from], tokens, now, draw);
}

// labelled puts the tokens beside the rows and under the columns of a map.
function labelled(width, canvas, tokens) {
  const cells = el(
    "div.cells",
    {},
    beside(tokens),
    canvas,
    el("div.axis", { "aria-hidden": "true" }, "row looks at", el("br"), "column"),
    under(tokens),
  );
  cells.style.maxWidth = `calc(${width} + 5.5rem)`;
  return cells;
}

function strongest(row, tokens) {
  return row
    .map((p, i) => [p, i])
    .sort((a, b) => b[0] - a[0])
    .slice(0, 4)
    .filter(([p]) => p > 0.005)
    .map(([p, i]) => `${percent(p)} “${tokens[i].text.trim()}”`)
    .join(", ");
}

const svgns = "http://www.w3.org/2000/svg";

function drawArcs(box, row, tokens, now, draw) {
  const line = el(
    "div.line",
    { role: "group", "aria-label": "Tokens" },
    ...tokens.map((t, i) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(i === now.from),
          onclick: () => {
            now.from = i;
            draw();
            box.isConnected || document.querySelector(".arcs button[aria-pressed=true]").focus();
          },
        },
        t.text.trim() || t.text,
      ),
    ),
  );
  const svg = document.createElementNS(svgns, "svg");
  svg.setAttribute("aria-hidden", "true");
  box.append(svg, line);
  const left = line.getBoundingClientRect().left;
  const middle = [...line.children].map((b) => {
    const at = b.getBoundingClientRect();
    return at.left + at.width / 2 - left;
  });
  const width = line.scrollWidth,
    height = Math.min(170, 40 + width / 8);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  row.forEach((p, i) => {
    if (p < 0.01) return;
    const a = middle[i],
      b = middle[now.from],
      path = document.createElementNS(svgns, "path");
    const top = height - Math.max(14, Math.min(height - 6, Math.abs(b - a) / 2.2));
    path.setAttribute(
      "d",
      i === now.from
        ? `M${a - 6},${height} C${a - 12},${height - 26} ${a + 12},${height - 26} ` +
            `${a + 6},${height}`
        : `M${b},${height} C${b},${top - (height - top) / 3} ` +
            `${a},${top - (height - top) / 3} ${a},${height}`,
    );
    path.setAttribute("stroke-width", 1 + 7 * p);
    path.setAttribute("stroke-opacity", 0.15 + 0.85 * p);
    svg.append(path);
  });
  box.scrollLeft = Math.max(0, middle[now.from] - box.clientWidth * 0.8);
}
