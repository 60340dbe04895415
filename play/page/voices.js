// The window of an NPLM, and how much each token in it contributes to the hidden layer.
import { el, token } from "./dom.js";

export function voices(box, answer) {
  const loudest = Math.max(...answer.loudness, 1e-9);
  const rows = answer.tokens.map((t, i) => {
    const bar = el("i", { "aria-hidden": "true" });
    bar.style.width = (100 * answer.loudness[i]) / loudest + "%";
    const back = answer.tokens.length - 1 - i;
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          disabled: true,
          "aria-label": `${t.text}, ${answer.loudness[i].toFixed(2)}`,
        },
        bar,
        token(t.text),
        el(
          "span.p",
          {},
          `${back === 0 ? "the last token" : back + " before"} · ${answer.loudness[i].toFixed(2)}`,
        ),
      ),
    );
  });
  box.replaceChildren(
    el(
      "p.lead",
      {},
      `The model reads only these ${answer.tokens.length} tokens. The bar ` +
        `is the norm of the contribution of each token to the hidden layer, ‖H·C[x]‖.`,
    ),
    el("div.panel", {}, el("ol.bars", { "aria-label": "Tokens in the window" }, ...rows)),
  );
}
