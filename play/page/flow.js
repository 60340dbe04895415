// The flow through a transformer, from the tokens to the prediction, step by step.
import { el, percent, token } from "./dom.js";
import { how, one, press, thumbs } from "./attention.js";
import { paint, since } from "./heatmap.js";
import { sampling } from "./sampling.js";

export function flow(box, answer, asked, again, m) {
  const f = answer.flow,
    h = f.head;
  const word = answer.tokens[f.at].text.trim();
  const steps = [
    step("Tokens", tokensText(f, answer), tokens(answer, asked, again)),
    step(
      `Embedding of “${word}”`,
      "Each token becomes a vector: the sum of these parts begins the residual stream, which every " +
        "layer reads and adds to." + (f.embedding.some((e) => e.name === "position")
          ? "" : " Positions come later, as rotations of queries and keys."),
      strips(f.embedding),
    ),
    step(
      "Attention",
      "All heads, the sharpest first: a sharp head looks at few tokens. " + how,
      heads(answer, asked, again),
    ),
    step(
      `Query, keys and values of layer ${h.layer + 1}, head ${h.head + 1}`,
      `The query of “${word}” is multiplied with every key; the softmax of these scores weighs the ` +
        "values, and their sum is what the head writes.",
      queries(answer, word),
    ),
    step(
      "Residual stream: the prediction after each layer",
      "The logit lens (nostalgebraist 2020) applies the output layer to the stream before all " +
        "layers have written to it. Where the output layer is the table of embeddings, the stream " +
        "begins by predicting its own token.",
      lens(answer),
      grid(answer),
    ),
    m.causal
      ? step(
          "From logits to a token",
          "Temperature divides the logits; top-p keeps the likeliest tokens up to this sum. Pale " +
            "bars are the model's probabilities, full bars those that the token is drawn from.",
          sampling(m),
        )
      : step("The word for the gap", "BERT predicts the gap at once, not token by token.",
          bars(f.lens[f.lens.length - 1], hit(answer))),
  ];
  box.replaceChildren(el("ol.flow", {}, ...steps));
  // the arcs need the width that they have in the page
  box.querySelector(".attention").draw();
}

function step(title, text, ...content) {
  return el("li.panel", {}, el("h3", {}, title), el("p.lead", {}, text), ...content);
}

const tokensText = (f, answer) =>
  (f.both
    ? "The model reads both sides of the gap. Choose another token to mask it. "
    : "The model reads these tokens and predicts the next one at the last of them.") +
  since(answer.tokens);

// tokens shows the text as the model reads it, with the number of each token. A token of a model of
// both sides can be masked.
function tokens(answer, asked, again) {
  const f = answer.flow;
  return el(
    "div.tokens",
    { role: "group", "aria-label": "Tokens" },
    ...answer.tokens.map((t, i) => {
      const maskable = f.both && t.id !== 0 && f.from + i >= 0 && i < answer.tokens.length - 1;
      return el(
        maskable ? "button" : "span",
        {
          type: maskable ? "button" : null,
          "data-key": maskable ? `mask ${i}` : null,
          "aria-pressed": maskable ? String(i === f.at) : null,
          class: i === f.at ? "on" : null,
          onclick: () => {
            if (!maskable) return;
            asked.gap = f.from + i;
            again();
          },
        },
        token(t.text),
        el("small", {}, String(t.id)),
      );
    }),
  );
}

// strips shows the parts of an embedding and the stream that they begin: their sum, or what a
// LayerNorm makes of it.
function strips(list) {
  const parts = list.slice(0, -1),
    stream = list[list.length - 1].values;
  const sum = stream.map((_, i) => parts.reduce((a, p) => a + p.values[i], 0)),
    plain = stream.every((v, i) => Math.abs(v - sum[i]) < 0.01);
  const scale = largest([...parts.flatMap((p) => p.values), ...(plain ? stream : [])]);
  const row = (name, values, by) => [
    el("span", {}, name),
    strip(
      values,
      by,
      `${name}: ${values.length} numbers from ${Math.min(...values).toFixed(2)} to ` +
        Math.max(...values).toFixed(2),
    ),
  ];
  return el(
    "div.strips",
    {},
    ...parts.flatMap((p, i) => row((i ? "+ " : "") + p.name, p.values, scale)),
    ...row(plain ? "= stream" : "LayerNorm", stream, plain ? scale : largest(stream)),
  );
}

const largest = (values) => Math.max(1e-6, ...values.map(Math.abs));

function strip(values, scale, label) {
  const canvas = el("canvas.strip", { role: "img", "aria-label": label, title: label });
  paint(canvas, 1, values.length, (_, k) => values[k] / scale);
  return canvas;
}

// heads shows the maps of all heads, and one of them large, with a button that ablates it.
function heads(answer, asked, again) {
  const f = answer.flow,
    now = { layer: f.head.layer, head: f.head.head, from: f.at };
  const small = thumbs(answer, f.sharpness, (h) => {
    asked.layer = h.layer;
    asked.head = h.head;
    again();
  });
  press(small, now);
  const off = (h) => (asked.ablate ?? []).some((a) => a.layer === h.layer && a.head === h.head);
  for (const b of small.children) {
    const [layer, head] = b.dataset.head.split(".").map(Number);
    b.classList.toggle("off", off({ layer, head }));
  }
  const large = el("div.attention");
  large.draw = () => {
    one(large, answer, now, large.draw);
    large.lastChild.append(el("div.row.left", {}, button), ablation(f, asked, again));
  };
  const button = el(
    "button",
    {
      type: "button",
      id: "ablate",
      "data-key": "ablate",
      "aria-pressed": String(off(now)),
      onclick: () => {
        const rest = (asked.ablate ?? []).filter((a) => a.layer !== now.layer || a.head !== now.head);
        asked.ablate = off(now) ? rest : [...rest, { layer: now.layer, head: now.head }];
        again();
      },
    },
    `${off(now) ? "Restore" : "Ablate"} layer ${now.layer + 1}, head ${now.head + 1}`,
  );
  return el("div", {}, small, large);
}

// ablation compares the prediction with and without the ablated heads.
function ablation(f, asked, again) {
  const box = el("div", { id: "ablation", role: "status" });
  if (!f.ablated) return box;
  const names = f.ablated.heads.map((h) => `L${h.layer + 1} H${h.head + 1}`).join(", ");
  box.append(
    el(
      "p",
      {},
      `Without ${names}, whose output is replaced by its mean over these tokens, the prediction ` +
        `changes by ${f.ablated.kl_bits.toFixed(3)} bits (Kullback–Leibler). `,
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            asked.ablate = [];
            again();
          },
        },
        "Restore all",
      ),
    ),
    el(
      "table.changes",
      {},
      el("tr", {}, el("th", {}, "token"), el("th.n", {}, "with"), el("th.n", {}, "without")),
      ...f.ablated.next.map((c) =>
        el(
          "tr",
          {},
          el("td", {}, token(c.text)),
          el("td.n", {}, percent(c.p)),
          el("td.n", { class: c.without < c.p / 2 || c.without > c.p * 2 ? "n much" : "n" },
            `${c.without > c.p ? "↑" : "↓"} ${percent(c.without)}`),
        ),
      ),
    ),
  );
  return box;
}

const few = 10; // keys and values to show at first

// queries shows query, keys, scores, weights and values: one row for each token.
function queries(answer, word) {
  const h = answer.flow.head,
    n = h.weights.length;
  const ks = largest([...h.k.flat(), ...h.q]),
    vs = largest(h.v.flat());
  const best = new Set(
    h.weights
      .map((w, i) => [w, i])
      .sort((a, b) => b[0] - a[0])
      .slice(0, few)
      .map(([, i]) => i),
  );
  const rows = h.weights.map((w, i) => {
    const bar = el("i", { "aria-hidden": "true" });
    bar.style.width = 100 * w + "%";
    return el(
      "tr",
      { hidden: !best.has(i) },
      el("th", { scope: "row" }, token(answer.tokens[i].text)),
      el("td", {}, strip(h.k[i], ks, "key")),
      el("td.n", {}, h.scores[i].toFixed(2)),
      el("td.weight", {}, bar, percent(w)),
      el("td", {}, strip(h.v[i], vs, "value")),
    );
  });
  const table = el(
    "table.qkv",
    {},
    el(
      "thead",
      {},
      el("tr", {},
        el("th", {}, `query of “${word}”`),
        el("td", {}, strip(h.q, ks, "query")),
        el("td", { colspan: "3" }, `${h.q.length} channels`)),
      el("tr", {}, ...["token", "key", "q·k/√D", "weight", "value"].map((t) => el("th", { scope: "col" }, t))),
    ),
    el("tbody", {}, ...rows),
    el("tfoot", {}, el("tr", {}, el("th", { colspan: "4" }, "Σ weight · value"),
      el("td", {}, strip(h.out, vs, "output of the head")))),
  );
  const more = el(
    "button",
    {
      type: "button",
      hidden: n <= few,
      onclick: () => {
        for (const r of rows) r.hidden = false;
        more.hidden = true;
      },
    },
    `Show all ${n} tokens`,
  );
  return el("div.scroll", {}, table, more);
}

// hit returns a function that recognises the right answer: the source's only continuation, or the
// token behind the gap.
function hit(answer) {
  const hidden = answer.flow.hidden,
    right = answer.right;
  return (c) => (hidden ? c.id === hidden.id : Boolean(right && c.append && right.startsWith(c.append)));
}

const layerName = (i, n) =>
  i === 0 ? "embeddings" : i === n ? `layer ${i}: the prediction` : `layer ${i}`;

// lens shows the likeliest tokens after each layer.
function lens(answer) {
  const f = answer.flow,
    right = hit(answer);
  return el(
    "div.lens",
    {},
    ...f.lens.map((top, i) =>
      el("div.next", { "data-layer": String(i) },
        el("span.name", {}, layerName(i, f.lens.length - 1)), bars(top.slice(0, 3), right)),
    ),
  );
}

// bars shows probabilities that cannot be clicked.
function bars(list, right) {
  return el(
    "ol.bars",
    {},
    ...list.map((c) => {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.width = 100 * c.p + "%";
      return el("li", {}, el("span.bar", { class: right(c) ? "bar right" : "bar" }, bar, token(c.text),
        el("span.p", {}, percent(c.p))));
    }),
  );
}

// grid shows the likeliest token after each layer, at several positions.
function grid(answer) {
  const f = answer.flow,
    shown = answer.tokens.slice(f.grid_from, f.grid_from + f.grid[0].length);
  return el(
    "div.scroll",
    {},
    el(
      "table.grid-lens",
      {},
      el("caption", {}, f.both ? "The same at the positions around: what each position would say"
        : "The same at earlier positions: each column predicts the token of the next one"),
      el("tr", {}, el("td"), ...shown.map((t, i) =>
        el("th", { scope: "col", class: f.grid_from + i === f.at ? "on" : null }, token(t.text)))),
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
