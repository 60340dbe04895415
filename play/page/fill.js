// Filling a gap: how likely each token is given all others, and what fits into the gap.
import { el, percent, scale, sure } from "./dom.js";
import { bars } from "./lens.js";

export function fill(box, answer, asked, again) {
  const f = answer.fill;
  const text = el(
    "div.said",
    { role: "group", "aria-label": "Tokens; choose one to mask it" },
    ...answer.tokens.map((t, i) => {
      const gap = f.from + i === f.gap,
        p = f.p?.[i];
      const button = el(
        "button.tok",
        {
          type: "button",
          "data-key": `gap ${i}`,
          "aria-pressed": String(gap),
          "aria-label": gap
            ? "[MASK]"
            : `mask ${t.text.trim()}${p === undefined ? "" : `, ${percent(p)}`}`,
          title: p === undefined ? "" : `${percent(p)} given all other tokens`,
          onclick: () => {
            asked.gap = f.from + i;
            again();
          },
        },
        gap ? "[MASK]" : t.text.trim() || t.text,
      );
      if (p !== undefined && !gap) button.style.background = sure(p);
      return button;
    }),
  );
  box.replaceChildren(
    el(
      "p.lead",
      {},
      "The model reads both sides and predicts what is hidden. Choose a token to mask it, or write " +
        "[MASK] into the prompt. The colour shows the probability of each token given all others: ",
      f.p
        ? el(
            "span.scale",
            {},
            ...scale([
              [1, "sure"],
              [0.1, "10%"],
              [0.01, "1%"],
            ]),
          )
        : "",
    ),
    el("div.panel", {}, text),
    el(
      "div.panel",
      {},
      el("h3", {}, f.hidden ? `In place of “${f.hidden.text.trim()}”` : "In the gap"),
      bars(f.next, (c) => c.id === f.hidden?.id, { id: "fills" }),
    ),
  );
}
