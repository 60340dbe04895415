// Choices between answers, as lines that lmzoo reward and dpo read.
import { get, post } from "./api.js";
import { $, el } from "./dom.js";
import { showError } from "./state.js";

let kept = []; // pairs of the earlier questions
let open = []; // pairs of the question on the page, which may still change

export function setUpChoices() {
  const save = el("button", { type: "button", id: "choices-save", onclick: download }, "Download");
  const append = el(
    "button",
    { type: "button", id: "choices-append", hidden: true, onclick: send },
    "Append",
  );
  $("choices").append(
    el("span", { id: "choices-count", role: "status" }),
    el("span.row", {}, save, append),
  );
  count();
  get("/api/chat")
    .then(({ file }) => {
      append.hidden = !file;
      append.textContent = `Append to ${file}`;
    })
    .catch(showError);
}

const all = () => [...kept, ...open];
const lines = () => all().map((p) => JSON.stringify(p) + "\n").join("");

function count() {
  const n = all().length;
  $("choices").hidden = n === 0;
  $("choices-count").textContent = `${n} ${n === 1 ? "pair" : "pairs"} of answers chosen.`;
}

function download() {
  const url = URL.createObjectURL(new Blob([lines()], { type: "application/jsonl" }));
  el("a", { href: url, download: "preferences.jsonl" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function send() {
  const pairs = all();
  try {
    for (let i = 0; i < pairs.length; i += 50)
      await post("/api/chat/preferences", { pairs: pairs.slice(i, i + 50) });
    kept = open = [];
    for (const b of document.querySelectorAll(".choose button")) b.disabled = true;
    count();
    $("chat-status").textContent = `${pairs.length} pairs appended.`;
    showError(null);
  } catch (err) {
    showError(err);
  }
}

// forget ends the choice between the answers on the page.
export function forget() {
  kept = all();
  open = [];
}

// key distinguishes answers.
const key = (card) => JSON.stringify(card.end.answer);

// whole reports whether an answer can be learned from: it ended by itself and says something.
function whole({ who, end }) {
  if (!who.answers || end?.reason !== "stop") return false;
  return (end.answer || []).every((m) => m.content || m.call);
}

// rate lets the visitor choose between different answers.
export function rate(tools, question, cards, kind) {
  const able = cards.filter(whole);
  const different = new Set(able.map(key)).size;
  if (different < 2) return;
  const offer = "tools : " + [...tools].sort().join(" ");
  const prompt = [{ role: "user", content: question }];
  if (tools.length) prompt.unshift({ role: "system", content: offer });
  const buttons = [];
  for (const card of able) {
    const button = el(
      "button",
      {
        type: "button",
        "aria-pressed": "false",
        "aria-label": `the answer of ${card.element.getAttribute("aria-label")} is the best`,
        onclick: () => {
          const on = button.getAttribute("aria-pressed") !== "true";
          for (const b of buttons) b.setAttribute("aria-pressed", String(b === button && on));
          open = on ? pairs(prompt, card, able, kind) : [];
          count();
        },
      },
      different === 2 ? "This one is better" : "This one is best",
    );
    buttons.push(button);
    card.choose.append(button);
  }
}

// pairs returns a pair of the chosen answer with each different one.
function pairs(prompt, chosen, cards, kind) {
  const seen = new Set([key(chosen)]);
  const all = [];
  for (const c of cards) {
    if (seen.has(key(c))) continue;
    seen.add(key(c));
    const p = { prompt, chosen: chosen.end.answer, rejected: c.end.answer };
    all.push(kind ? { ...p, kind } : p);
  }
  return all;
}
