// The back-off chain of an n-gram model: the deciding history and its counts.
import { el, token, percent } from "./dom.js";

const words = (tokens) => tokens.map((t) => t.text).join("");

export function backoff(box, answer, asked, again) {
  const b = answer.backoff;
  const list = el(
    "ol.bars",
    { "aria-label": "Tokens to explain" },
    ...b.candidates.map((c) => {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.width = 100 * c.p + "%";
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(c.id === b.token.id),
            "aria-label": `explain ${c.text}, ${percent(c.p)}`,
            onclick: () => {
              asked.token = c.id;
              again();
            },
          },
          bar,
          token(c.text),
          el("span.p", {}, percent(c.p)),
        ),
      );
    }),
  );
  const chain = el("ol.chain", {}, ...b.steps.map((s, i) => step(s, b, i)));
  box.replaceChildren(
    el(
      "p.lead",
      {},
      `An order-${b.order} model uses the last ${b.order - 1 || "no"} tokens. The longest ` +
        `history with counts comes first and passes a share γ of its probability to the next ` +
        `shorter one. Smoothing: ${b.smoothing}.`,
    ),
    el(
      "div.columns",
      {},
      el(
        "div.panel",
        {},
        el("h3", {}, `Why ${percent(b.p)} for “${b.token.text.trim() || b.token.text}”`),
        chain,
      ),
      el("div.panel", {}, el("h3", {}, "Explain another"), list),
    ),
  );
}

function step(s, b, i) {
  const what = s.history.length
    ? ["after “", el("span.hist", {}, words(s.history).trim()), "”"]
    : ["after anything"];
  if (!s.known)
    return el(
      "li.unknown",
      {},
      ...what,
      el("br"),
      el("small", {}, "never seen; the shorter history decides"),
    );
  const own = el("b"),
    lower = el("u");
  own.style.width = 100 * Math.max(0, s.prob - s.gamma * s.lower) + "%";
  lower.style.width = 100 * Math.min(s.prob, s.gamma * s.lower) + "%";
  const li = el(
    "li",
    {},
    ...what,
    el("div.sum", { "aria-hidden": "true" }, own, lower),
    el("small", {}, describe(s)),
    el("br"),
    el("small", {}, arithmetic(s)),
  );
  if (i === b.answered) {
    li.className = "answered";
    li.prepend(el("span.visually-hidden", {}, "This history answers: "));
  }
  return li;
}

function describe(s) {
  if (!s.counted)
    return s.seen
      ? "the model stores a probability for it"
      : "not seen here; the shorter history decides";
  if (!s.seen) return `never seen here; ${s.types} other tokens were seen`;
  if (s.continuation)
    return (
      `occurs ${times(s.occurs)}, and follows ${s.count} different ` +
      `${s.count === 1 ? "token" : "tokens"}, which is what counts here`
    );
  return (
    `seen ${s.count} of ${Math.round(s.total)} times, among ${s.types} different ` +
    `${s.types === 1 ? "token" : "tokens"}`
  );
}

const times = (n) => (n === 1 ? "once" : `${n} times`);

function arithmetic(s) {
  const n = (x) => (x >= 0.001 || x === 0 ? x.toFixed(4) : x.toExponential(2));
  return `P = α + γ · P(shorter) = ${n(s.alpha)} + ${n(s.gamma)} · ${n(s.lower)} = ${n(s.prob)}`;
}
