// Side by side: what the source and every ticked model predict next, one row each.
import { post } from "./api.js";
import { $, el, token, percent, called } from "./dom.js";
import { era, byEra, tint } from "./palette.js";
import { chosen, emptyMessage, prompt, setPrompt, showError, state } from "./state.js";

const few = 3, // predictions of a row, and of an open row
  many = 10;
const limit = "limit"; // the name of the source in an answer

let running = null;
const rows = new Map(); // by model

export async function showNext() {
  const models = byEra(chosen()),
    text = prompt();
  if (running) running.abort();
  const mine = (running = new AbortController());
  if (!models.length) {
    draw([]);
    $("next-status").textContent = emptyMessage();
    return;
  }
  draw([...(rows.has(limit) ? [limit] : []), ...models.map((m) => m.id)]);
  const begin = performance.now();
  try {
    const answer = await post(
      "/api/next",
      { prompt: text, models: models.map((m) => m.id), top: many },
      mine.signal,
    );
    if (mine.signal.aborted) return;
    const all = [...(answer.limit ? [answer.limit] : []), ...answer.models];
    draw(all.map((a) => a.model));
    for (const a of all) fill(rows.get(a.model), a, answer.limit?.right);
    const took = performance.now() - begin;
    const slowest = answer.models.reduce((a, b) => (b.micros > a.micros ? b : a));
    $("next-status").textContent =
      `${answer.models.length} model${answer.models.length === 1 ? "" : "s"} answered in ` +
      `${took.toFixed(0)} ms (slowest: ${slowest.model}, ` +
      `${(slowest.micros / 1000).toFixed(1)} ms).`;
    document.body.dataset.nextMs = took.toFixed(1);
    document.body.dataset.nextPrompt = text;
    showError(null);
  } catch (err) {
    showError(err);
  }
}

// draw makes a row for each model. It keeps existing rows, so that they keep the focus.
function draw(ids) {
  const box = $("next-cards");
  for (const [id, row] of rows)
    if (!ids.includes(id)) {
      row.remove();
      rows.delete(id);
    }
  ids.forEach((id, i) => {
    if (!rows.has(id)) rows.set(id, newRow(id));
    const m = state.models.find((m) => m.id === id);
    if (m) tint(rows.get(id), m);
    if (box.children[i] !== rows.get(id)) box.insertBefore(rows.get(id), box.children[i] || null);
  });
}

// newRow returns the row of a model or of the source, whose distribution is exact.
function newRow(id) {
  const m = state.models.find((m) => m.id === id);
  const name = m ? called(m) : "The source",
    about = m ? `remembers ${m.remembers}` : "exact: no model can predict better";
  const who = el(
    "button.who",
    {
      type: "button",
      "aria-expanded": "false",
      "aria-label": `${name}: show ten predictions`,
      title: about,
      onclick: () => {
        const open = row.classList.toggle("open");
        who.setAttribute("aria-expanded", String(open));
        fill(row, row.answer, row.right);
      },
    },
    el("span.name", {}, name),
    el("small", {}, m ? era(m) : el("span.era", {}, el("span.swatch"), "the truth"), ` ${about}`),
  );
  const row = el(
    m ? "article.next" : "article.next.limit",
    { "data-model": m ? id : "the limit", "aria-label": m ? name : "the limit" },
    who,
    el("ol.bars"),
    el("p.foot"),
  );
  return row;
}

// fill shows an answer in a row. right is the only possible continuation under the source, if there
// is only one.
function fill(row, a, right) {
  if (!row || !a) return;
  row.answer = a;
  row.right = right;
  const hit = (n) => Boolean(right && n.append && right.startsWith(n.append));
  const open = row.classList.contains("open"),
    shown = a.next.slice(0, open ? many : few);
  const list = row.querySelector("ol");
  while (list.children.length > shown.length) list.lastChild.remove();
  shown.forEach((n, i) => {
    if (!list.children[i]) list.append(newBar());
    fillBar(list.children[i].firstChild, n, hit(n));
  });
  row.classList.toggle("refused", Boolean(a.error));
  row.querySelector(".foot").replaceChildren(...(a.error ? [a.error] : foot(a, right, hit, open)));
}

function newBar() {
  const button = el(
    "button",
    { type: "button" },
    el("i", { "aria-hidden": "true" }),
    token(""),
    el("span.p"),
  );
  button.addEventListener("click", () => setPrompt(prompt() + button.dataset.append));
  return el("li", {}, button);
}

function fillBar(button, n, hit) {
  button.children[0].style.width = 100 * n.p + "%";
  button.children[1].replaceWith(token(n.text));
  button.children[2].textContent = percent(n.p);
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
}

// foot returns the numbers of a row: the rank of the right answer if it is not shown, or the
// entropy; in an open row, everything.
function foot(a, right, hit, open) {
  const bits = `${a.entropy_bits.toFixed(open ? 2 : 1)} bits`;
  if (!open) {
    const at = right ? a.next.findIndex(hit) : -1;
    if (right && at >= few) return [`✓ is number ${at + 1}, ${percent(a.next[at].p)}`];
    if (right && at < 0) return ["✓ is not among ten"];
    return [el("span", { title: "entropy: the uncertainty of the whole distribution" }, bits)];
  }
  const completing = !a.unfinished
    ? ""
    : a.unfinished.trim()
      ? `completing “${a.unfinished.trim()}” · `
      : "after a space · ";
  return [
    `${completing}entropy ${bits}${flat(a) ? ": all tokens are equally likely" : ""} · ` +
      `${a.tokens} ${a.tokens === 1 ? "token" : "tokens"} read`,
  ];
}

// flat reports whether a model gives all tokens of its vocabulary the same probability.
function flat(a) {
  const m = state.models.find((m) => m.id === a.model);
  return m && m.vocab > 1 && a.entropy_bits > Math.log2(m.vocab) - 1e-6;
}
