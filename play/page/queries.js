// Query, keys and values of one attention head.
import { el, percent, token } from "./dom.js";
import { largest, strip } from "./strips.js";

const few = 10; // keys and values to show at first

// queries shows query, keys, scores, weights and values: one row for each token.
export function queries(answer, word) {
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
      el(
        "tr",
        {},
        el("th", {}, `query of “${word}”`),
        el("td", {}, strip(h.q, ks, "query")),
        el("td", { colspan: "3" }, `${h.q.length} channels`),
      ),
      el(
        "tr",
        {},
        ...["token", "key", "q·k/√D", "weight", "value"].map((t) => el("th", { scope: "col" }, t)),
      ),
    ),
    el("tbody", {}, ...rows),
    el(
      "tfoot",
      {},
      el(
        "tr",
        {},
        el("th", { colspan: "4" }, "Σ weight · value"),
        el("td", {}, strip(h.out, vs, "output of the head")),
      ),
    ),
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
