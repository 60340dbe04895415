// Side by side: the next-token distributions of all ticked models, and of their limit.
import { post } from "./api.js";
import { $, el, token, percent, called } from "./dom.js";
import { era, tint } from "./palette.js";
import { chosen, emptyMessage, prompt, setPrompt, showError, state } from "./state.js";

let running = null;
const cards = new Map(); // by model

export async function showNext() {
  const models = chosen(),
    text = prompt();
  if (running) running.abort();
  const mine = (running = new AbortController());
  draw(models);
  if (!models.length) {
    drawLimit(null);
    $("next-status").textContent = emptyMessage();
    return;
  }
  const begin = performance.now();
  try {
    const answer = await post(
      "/api/next",
      { prompt: text, models: models.map((m) => m.id), top: 10 },
      mine.signal,
    );
    if (mine.signal.aborted) return;
    drawLimit(answer.limit, models);
    for (const a of answer.models) fill(cards.get(a.model), a, answer.limit?.right);
    if (answer.limit) fill(limitCard, answer.limit, answer.limit.right);
    const took = performance.now() - begin;
    const slowest = answer.models.reduce((a, b) => (b.micros > a.micros ? b : a));
    $("next-status").textContent =
      `${answer.models.length} model${answer.models.length === 1 ? "" : "s"} answered in ` +
      `${took.toFixed(0)} ms (the slowest, ${slowest.model}, computed ` +
      `${(slowest.micros / 1000).toFixed(1)} ms).`;
    document.body.dataset.nextMs = took.toFixed(1);
    document.body.dataset.nextPrompt = text;
    showError(null);
  } catch (err) {
    showError(err);
  }
}

// draw makes a card for each model. It keeps existing cards, so that they keep the focus.
function draw(models) {
  const box = $("next-cards");
  const wanted = new Set(models.map((m) => m.id));
  for (const [id, card] of cards)
    if (!wanted.has(id)) {
      card.remove();
      cards.delete(id);
    }
  models.forEach((m, i) => {
    if (!cards.has(m.id)) cards.set(m.id, newCard(m));
    tint(cards.get(m.id), m);
    if (box.children[i] !== cards.get(m.id))
      box.insertBefore(cards.get(m.id), box.children[i] || null);
  });
}

// limitCard shows the exact distribution of the corpus that the models learned from.
let limitCard = null;

function drawLimit(answer, models) {
  if (!answer) {
    limitCard?.remove();
    return;
  }
  limitCard ??= el(
    "article.card.limit",
    { "data-model": "the limit", "aria-label": "the limit" },
    el("div.head", {}, el("h3", {}, "The limit"), el("span.era", {}, "exact")),
    el("p", {}, "the source of this corpus: no model can predict better"),
    el("ol.bars"),
    el("p.foot"),
  );
  const box = $("next-cards");
  if (box.children[models.length] !== limitCard) box.append(limitCard);
}

function newCard(m) {
  const card = el(
    "article.card",
    { "data-model": m.id, "aria-label": called(m) },
    el("div.head", {}, el("h3", {}, called(m)), era(m)),
    el("p", {}, `remembers ${m.remembers}`),
    el("ol.bars"),
    el("p.foot"),
  );
  return card;
}

// fill shows an answer in a card. right is the only possible continuation under the limit,
// if there is only one.
function fill(card, a, right) {
  if (!card) return;
  const list = card.querySelector("ol");
  while (list.children.length > a.next.length) list.lastChild.remove();
  a.next.forEach((n, i) => {
    let row = list.children[i];
    if (!row) {
      const button = el(
        "button",
        { type: "button" },
        el("i", { "aria-hidden": "true" }),
        token(""),
        el("span.p"),
      );
      row = el("li", {}, button);
      button.addEventListener("click", () => setPrompt(prompt() + button.dataset.append));
      list.append(row);
    }
    const button = row.firstChild;
    button.children[0].style.width = 100 * n.p + "%";
    button.children[1].replaceWith(token(n.text));
    button.children[2].textContent = percent(n.p);
    const hit = Boolean(right && n.append && right.startsWith(n.append));
    button.classList.toggle("right", hit);
    button.disabled = n.append === null;
    button.dataset.append = n.append ?? "";
    button.setAttribute(
      "aria-label",
      n.append === null
        ? `${n.text}, ${percent(n.p)}`
        : `append ${n.text.trim() || "space"}, ${percent(n.p)}${hit ? ", the right answer" : ""}`,
    );
    button.title =
      n.append === null
        ? "not a text that can be appended"
        : hit
          ? "the right answer: append it to the prompt"
          : "append to the prompt";
  });
  if (a.error) {
    card.querySelector(".foot").textContent = a.error;
    return;
  }
  const completing = !a.unfinished
    ? ""
    : a.unfinished.trim()
      ? `completing “${a.unfinished.trim()}” · `
      : "after a space · ";
  card.querySelector(".foot").textContent =
    `${completing}entropy ${a.entropy_bits.toFixed(2)} ` +
    `bits${flat(a) ? ": all tokens are equally likely" : ""} · ${a.tokens} ` +
    `${a.tokens === 1 ? "token" : "tokens"} read`;
}

// flat reports whether a model gives all tokens of its vocabulary the same probability.
function flat(a) {
  const m = state.models.find((m) => m.id === a.model);
  return m && m.vocab > 1 && a.entropy_bits > Math.log2(m.vocab) - 1e-6;
}
