// Compress: bits per character so far, each model beside gzip.
import { post } from "./api.js";
import { $, el, debounce, scale, variable, sure, called, walk } from "./dom.js";
import { chosen, emptyMessage, showError, fits, state } from "./state.js";
import { curve } from "./curve.js";
import { lines as linesOf } from "./palette.js";

let running = null;
let shown = ""; // the model whose tokens are coloured

const example = () =>
  (state.info.starters.find((s) => s.name === "long memory") || { text: "" }).text;

export function setUpCompress() {
  $("compress-text").addEventListener("input", debounce(showCompress, 60));
}

export async function showCompress() {
  const area = $("compress-text");
  if (!area.dataset.begun) {
    area.dataset.begun = "true";
    area.value = example();
  }
  const models = chosen(),
    box = $("compress-result");
  if (running) running.abort();
  const mine = (running = new AbortController());
  if (!fits(area.value, "The text")) {
    box.replaceChildren();
    return;
  }
  if (!models.length || !area.value) {
    box.replaceChildren(el("p.lead", {}, models.length ? "Type something." : emptyMessage()));
    return;
  }
  try {
    const answer = await post(
      "/api/compress",
      { text: area.value, models: models.map((m) => m.id) },
      mine.signal,
    );
    if (!mine.signal.aborted) draw(box, answer, models);
    showError(null);
  } catch (err) {
    showError(err);
  }
}

function draw(box, answer, models) {
  let chart = box.querySelector(".chart");
  if (!chart) {
    box.replaceChildren(
      el("div.panel.chart", { role: "group" }),
      el("div.panel.scroll.sizes"),
      el("div.panel.letters"),
    );
    chart = box.querySelector(".chart");
  }
  const looks = linesOf(),
    gzip = variable("--soft");
  const lines = answer.models.map((a) => {
    let chars = 0,
      bits = 0;
    const points = a.tokens.map((t) => {
      chars += t.chars;
      bits += t.bits;
      return [chars, Math.max(bits / chars, 0.001)];
    });
    return { label: a.model, points, ...looks.get(a.model) };
  });
  lines.push({
    label: "gzip",
    points: answer.gzip.map((g) => [g.chars, g.bits / g.chars]).filter((p) => p[1] <= 12),
    dash: [3, 3],
    colour: gzip,
  });
  chart.setAttribute(
    "aria-label",
    "Bits per character so far: " +
      answer.models.map((a) => `${a.model} ${a.bits_per_char.toFixed(2)}`).join(", "),
  );
  curve(chart, { lines, x: "characters so far", y: "bits per character so far", log: true });
  sizes(box.querySelector(".sizes"), answer, models, looks, gzip);
  letters(box.querySelector(".letters"), answer);
}

function sizes(box, answer, models, looks, gzip) {
  const last = answer.gzip[answer.gzip.length - 1].bits;
  const rows = answer.models.map((a, i) => ({
    name: a.model,
    title: called(models[i]),
    bits: a.bits,
    colour: looks.get(a.model)?.colour,
    lossless: a.lossless,
  }));
  rows.push(
    { name: "gzip", title: "gzip -9", bits: last, colour: gzip, lossless: true },
    {
      name: "",
      title: "uncompressed",
      bits: 8 * answer.bytes,
      colour: "",
      lossless: true,
    },
  );
  rows.sort((a, b) => a.bits - b.bits);
  box.replaceChildren(
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", {}, "model"),
          el("th.n", {}, "bits per character"),
          el("th.n", {}, "bytes"),
          el("th.n", {}, "of the text"),
        ),
      ),
      el(
        "tbody",
        {},
        ...rows.map((r) => {
          const swatch = el("span.swatch");
          swatch.style.background = r.colour;
          return el(
            "tr",
            {},
            el(
              "td",
              {},
              r.colour ? swatch : null,
              r.title,
              r.lossless ? null : " (not comparable: its tokenizer is lossy)",
            ),
            el("td.n", {}, (r.bits / answer.chars).toFixed(3)),
            el("td.n", {}, String(Math.ceil(r.bits / 8))),
            el("td.n", {}, ((100 * r.bits) / 8 / answer.bytes).toFixed(0) + "%"),
          );
        }),
      ),
    ),
  );
}

function letters(box, answer) {
  if (!answer.models.some((a) => a.model === shown))
    shown = answer.models[answer.models.length - 1].model;
  const said = el("div.said", {
      tabindex: "0",
      role: "group",
      "aria-label": "the text; the arrow keys read the bits of its tokens",
    }),
    read = el("p.lead", { role: "status" });
  walk(said, read);
  const a = answer.models.find((a) => a.model === shown);
  for (const t of a.tokens) {
    const span = el("span.tok", { title: `${t.bits.toFixed(2)} bits` }, t.text);
    span.style.background = sure(2 ** -t.bits);
    said.append(span);
  }
  const choice = el(
    "div.chips",
    { role: "group", "aria-label": "Model whose bits to show" },
    ...answer.models.map((m) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(m.model === shown),
          onclick: () => {
            shown = m.model;
            letters(box, answer);
          },
        },
        m.model,
      ),
    ),
  );
  const key = el(
    "p.lead",
    {},
    "The colour of a token shows its cost: ",
    el(
      "span.scale",
      {},
      ...scale([0.1, 1, 3, 7].map((bits) => [2 ** -bits, `${bits} bit${bits === 1 ? "" : "s"}`])),
    ),
  );
  box.replaceChildren(el("h3", {}, "Where the bits go"), choice, key, said, read);
}
