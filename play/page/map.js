// A map of the embeddings: tokens that a model treats similarly are close to each other.
import { get } from "./api.js";
import { analogies, neighbour } from "./analogy.js";
import { el } from "./dom.js";
import { showError } from "./state.js";

const svgns = "http://www.w3.org/2000/svg";
// map draws the embeddings of a model, and the form for analogies. It keeps what it shows of the
// same answer.
export function map(box, answer) {
  if (box.dataset.map === answer.model && box.querySelector(".map")) return;
  box.dataset.map = answer.model;
  draw(box, answer);
}

// tintOf returns the colour of a class of words.
const tintOf = (answer, name) =>
  name ? `var(--k${answer.classes.indexOf(name) % 10})` : "var(--ink)";

function draw(box, answer) {
  if (!answer.points.length) {
    box.replaceChildren(el("p.lead", {}, "There are too few tokens for a map."));
    return;
  }
  const svg = document.createElementNS(svgns, "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    `map of ${answer.points.length} tokens; search for a token to hear its neighbours, arrow ` +
      `keys move it, plus and minus zoom`,
  );
  const side = el(
    "div",
    { "aria-live": "polite" },
    el("p.lead", {}, "Click a token for its nearest neighbours."),
  );
  const view = { x: 0, y: 0, zoom: 1 };
  const marks = new Map();
  for (const p of answer.points) {
    const mark = document.createElementNS(svgns, "text");
    mark.style.setProperty("--k", tintOf(answer, p.class));
    mark.addEventListener("click", () => near(p.id));
    svg.append(mark);
    marks.set(p.id, { mark, p });
  }
  const reach = () => {
    // pixels from the centre to the outermost tokens, with room for half a word
    const w = svg.clientWidth,
      h = svg.clientHeight;
    return [(Math.min(w, 1.6 * h) / 2 - 34) * view.zoom, (h / 2 - 12) * view.zoom];
  };
  const place = () => {
    const w = svg.clientWidth,
      h = svg.clientHeight,
      [s, sy] = reach();
    const taken = new Set(); // cells that hold words; a word without room becomes a dot
    const rank = { me: 0, near: 1 };
    const order = [...marks.values()].sort(
      (a, b) =>
        (rank[a.mark.getAttribute("class")] ?? 2) - (rank[b.mark.getAttribute("class")] ?? 2),
    );
    for (const { mark, p } of order) {
      const x = w / 2 + (p.x - view.x) * s,
        y = h / 2 - (p.y - view.y) * sy;
      const text = p.text.trim() || p.text,
        cells = [];
      for (
        let cx = Math.floor((x - 3.4 * text.length) / 6);
        cx <= (x + 3.4 * text.length) / 6;
        cx++
      )
        for (const cy of [Math.floor((y - 7) / 7), Math.floor(y / 7)]) cells.push(cx + "," + cy);
      const room = !cells.some((c) => taken.has(c));
      if (room) for (const c of cells) taken.add(c);
      const label = room ? text : "·";
      if (mark.textContent !== label) mark.textContent = label;
      mark.setAttribute("x", x.toFixed(1));
      mark.setAttribute("y", y.toFixed(1));
    }
  };
  const zoom = (by) => {
    view.zoom = Math.min(40, Math.max(1, view.zoom * by));
    if (view.zoom === 1) view.x = view.y = 0;
    place();
  };
  async function near(id) {
    try {
      const answerNear = await get(`/api/embeddings/${encodeURIComponent(answer.model)}/${id}`);
      for (const { mark } of marks.values()) mark.removeAttribute("class");
      marks.get(id)?.mark.setAttribute("class", "me");
      for (const n of answerNear.neighbours) marks.get(n.id)?.mark.setAttribute("class", "near");
      const at = marks.get(id);
      if (at) {
        at.mark.parentNode.append(at.mark);
        if (view.zoom > 1) {
          view.x = at.p.x;
          view.y = at.p.y;
        }
      }
      place();
      side.replaceChildren(
        el("h3", {}, "Nearest to ", el("b", {}, answerNear.text.trim() || answerNear.text)),
        el(
          "ol.bars",
          {},
          ...answerNear.neighbours.map((n) => neighbour(n, n.cosine, near)),
        ),
        el("p.lead", {}, "cosine similarity of the embeddings"),
      );
    } catch (err) {
      showError(err);
    }
  }
  let held = null;
  svg.addEventListener("pointerdown", (e) => {
    held = { x: e.clientX, y: e.clientY, vx: view.x, vy: view.y };
  });
  svg.addEventListener("pointermove", (e) => {
    if (!held || !e.buttons) return;
    const [s, sy] = reach();
    view.x = held.vx - (e.clientX - held.x) / s;
    view.y = held.vy + (e.clientY - held.y) / sy;
    place();
  });
  svg.addEventListener("pointerup", () => {
    held = null;
  });
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", (e) => {
    const by = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      "+": [0, 0, 1.5],
      "-": [0, 0, 1 / 1.5],
    }[e.key];
    if (!by) return;
    e.preventDefault();
    view.x += (0.2 * by[0]) / view.zoom;
    view.y += (0.2 * by[1]) / view.zoom;
    by[2] ? zoom(by[2]) : place();
  });
  const search = el("input", {
    type: "search",
    id: "map-search",
    list: "map-tokens",
    placeholder: "a token",
  });
  const find = () => {
    const wanted = search.value.trim();
    const hit =
      answer.points.find((p) => p.text.trim() === wanted) ||
      answer.points.find((p) => wanted && p.text.trim().startsWith(wanted));
    if (hit) near(hit.id);
  };
  search.addEventListener("change", find);
  const percent = answer.variance.map((v) => (100 * v).toFixed(0) + "%").join(" and ");
  box.replaceChildren(
    el(
      "div.panel.map",
      {},
      el(
        "div.row",
        {},
        el("h3", {}, "Embeddings"),
        el(
          "span.row",
          {},
          el("label", { for: "map-search" }, "Find"),
          search,
          el("button", { type: "button", "aria-label": "zoom in", onclick: () => zoom(1.5) }, "+"),
          el(
            "button",
            { type: "button", "aria-label": "zoom out", onclick: () => zoom(1 / 1.5) },
            "−",
          ),
        ),
      ),
      el(
        "p.lead",
        {},
        `${answer.channels} numbers per token, projected onto their two principal ` +
          `components, which hold ${percent} of the variance. A word without room is a dot: zoom ` +
          `in. Drag the map, or use the arrow keys.`,
      ),
      legend(answer),
      el(
        "datalist",
        { id: "map-tokens" },
        ...answer.points.map((p) => el("option", { value: p.text.trim() })),
      ),
      el("div.columns", {}, svg, side),
    ),
    analogies(answer, near),
  );
  place();
  new ResizeObserver(place).observe(svg);
}

// legend names the colours of the classes of words.
function legend(answer) {
  return el(
    "p.lead.legend",
    {},
    ...answer.classes.map((name) => {
      const mark = el("span.swatch");
      mark.style.background = tintOf(answer, name);
      return el("span", {}, mark, name);
    }),
  );
}
