// The flow through a transformer, from the tokens to the prediction, step by step.
import { el, token } from "./dom.js";
import { attended, choice } from "./heads.js";
import { since } from "./heatmap.js";
import { bars, grid, hit, lens } from "./lens.js";
import { queries } from "./queries.js";
import { sampling } from "./sampling.js";
import { largest, strip } from "./strips.js";

export function flow(box, answer, asked, again, m) {
  const f = answer.flow,
    h = f.head;
  const word = answer.tokens[f.at].text.trim();
  const steps = [
    step("Tokens", tokensText(f, answer), tokens(answer, asked, again)),
    step(
      `Embedding of “${word}”`,
      "Each token becomes a vector: the sum of these parts begins the residual stream, which every " +
        "layer reads and adds to." +
        (f.embedding.some((e) => e.name === "position")
          ? ""
          : " Positions come later, as rotations of queries and keys."),
      strips(f.embedding),
    ),
    step(
      "Query, keys and values of a head",
      `Choose a head; the sharpest, which look at few tokens, come first. The query of “${word}” is ` +
        "multiplied with every key; the softmax of these scores weighs the values, and their sum " +
        "is what the head writes.",
      choice(answer, asked, again),
      el("h4", {}, `Layer ${h.layer + 1}, head ${h.head + 1}`),
      queries(answer, word),
    ),
    step(
      "Attention of all positions",
      "Each row of the map is a token, each column a token that it may look at; the colour shows " +
        "the weight. Choose a token in the text to see its arcs. Ablating the head shows what it " +
        "contributes to the prediction.",
      attended(answer, asked, again),
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
          "Temperature divides the logits; top-p keeps the likeliest tokens up to this total. Pale " +
            "bars are the model's probabilities, full bars those that the token is drawn from.",
          sampling(m),
        )
      : step(
          "The token in the gap",
          "The model predicts the gap at once, not token by token.",
          bars(f.lens[f.lens.length - 1], hit(answer)),
        ),
  ];
  box.replaceChildren(el("ol.flow", {}, ...steps));
  // the arcs need their width in the page
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

// tokens shows the text as the model reads it, with the number of each token. For a model that
// reads both sides, a token can be masked.
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
