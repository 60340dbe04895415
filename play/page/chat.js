// Chat: models answer the same question side by side, and the visitor chooses the better answer.
import { get, stream } from "./api.js";
import { $, el } from "./dom.js";
import { fits, showError, state } from "./state.js";
import { card } from "./answer.js";
import { forget, rate, setUpChoices } from "./choices.js";

let info = null; // who can be asked, and what
let set = 1; // number of the set of suggested questions
let running = null;
let asked = 0; // numbers the questions

const off = new Set(); // models that must not answer

export function setUpChat() {
  const form = $("chat-form");
  const field = (id, label, input) => el("div", {}, el("label", { for: id }, label), input);
  const number = (id, value, min, max, step) =>
    el("input", { type: "number", id, value, min, max, step, required: "" });
  const tool = (name) =>
    el("label", {}, el("input", { type: "checkbox", id: "c-" + name, value: name }), name);
  form.append(
    el(
      "div.full.ask",
      {},
      el("label.visually-hidden", { for: "c-question" }, "Question"),
      el("input", { type: "text", id: "c-question", autocomplete: "off", spellcheck: "false" }),
      el("button.main", { type: "submit", id: "c-go" }, "Ask"),
      el("button", { type: "button", id: "c-stop", disabled: true, onclick: stop }, "Stop"),
    ),
    el(
      "fieldset.chips.tools",
      {},
      el("legend", {}, "Tools on offer"),
      tool("calculator"),
      tool("lookup"),
    ),
    el(
      "details",
      { id: "c-settings" },
      el("summary", {}, "Who answers, and how"),
      el("fieldset.chips", { id: "c-models" }),
      el(
        "div.controls",
        {},
        field("c-temperature", "Temperature (0: the likeliest)", number("c-temperature", "0", "0", "5", "0.1")),
        field("c-samples", "Answers of each run", number("c-samples", "1", "1", "4", "1")),
        field("c-seed", "Seed", number("c-seed", "1", "0", String(Number.MAX_SAFE_INTEGER), "1")),
        field("c-pace", "Tokens per second (0: no limit)", number("c-pace", "20", "0", "1000", "1")),
      ),
    ),
  );
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    ask();
  });
  setUpChoices();
}

// showChat loads who can be asked; new runs appear by themselves.
export async function showChat() {
  try {
    info = await get("/api/chat?seed=" + set);
  } catch (err) {
    showError(err);
    return;
  }
  const able = info.models.some((m) => m.answers);
  $("chat-form").hidden = !able;
  $("chat-none").hidden = able;
  for (const input of document.querySelectorAll("#chat-form .tools input")) {
    const offered = info.models.some((m) => m.tools?.includes(input.value));
    input.parentElement.hidden = !offered;
    input.checked &&= offered;
  }
  drawModels();
  drawQuestions();
}

function drawModels() {
  $("c-models").replaceChildren(
    el("legend", {}, "Runs"),
    ...info.models.map((m) =>
      el(
        "label",
        {},
        el("input", {
          type: "checkbox",
          checked: !off.has(m.model),
          onchange: (e) => (e.target.checked ? off.delete(m.model) : off.add(m.model)),
        }),
        m.model + (m.answers ? "" : " (continues the text)"),
      ),
    ),
  );
}

function drawQuestions() {
  const more = el(
    "button.more",
    {
      type: "button",
      onclick: () => {
        set++;
        showChat().then(() => $("chat-questions").querySelector(".more")?.focus());
      },
    },
    "Other questions",
  );
  $("chat-questions").replaceChildren(
    ...(info.questions || []).map((q) =>
      el(
        "button",
        { type: "button", title: q.question, onclick: () => propose(q) },
        q.about,
      ),
    ),
    ...(info.questions.length ? [more] : []),
  );
}

// propose asks a suggested question with the tools that belong to it.
function propose(q) {
  $("c-question").value = q.question;
  for (const name of ["calculator", "lookup"])
    $("c-" + name).checked = (q.tools || []).includes(name);
  ask();
}

function stop() {
  if (running) running.abort();
}

async function ask() {
  stop();
  const text = $("c-question").value.trim();
  const models = info.models.filter((m) => !off.has(m.model));
  if (!text) return $("c-question").focus();
  if (!models.length) return say("No run is ticked.");
  if (!fits(text, "The question")) return;
  const mine = (running = new AbortController());
  const value = (id) => +$("c-" + id).value;
  const tools = ["calculator", "lookup"].filter((name) => $("c-" + name).checked);
  const body = {
    question: text,
    models: models.map((m) => m.model),
    tools,
    temperature: value("temperature"),
    samples: value("samples"),
    seed: value("seed"),
    pace: value("pace"),
  };
  const cards = draw(models, body.samples, tools, text);
  busy(true, "answering…");
  let how = "done";
  try {
    await stream("/api/chat", body, mine.signal, (name, ev) => {
      if (mine.signal.aborted || name === "done") return;
      cards.get(`${ev.model}/${ev.sample}`).take(name, ev);
      if (name === "end") announce(cards, ev);
    });
    showError(null);
  } catch (err) {
    how = "stopped";
    for (const c of cards.values()) c.stopped();
    showError(err);
  }
  if (running !== mine) return;
  running = null;
  busy(false, how);
  const right = [...cards.values()].map((c) => c.end?.gold?.right).find((r) => r);
  const usual = right
    ? ` A right answer: “${right}”`
    : info.questions.length
      ? " The checker does not know this question."
      : "";
  say(how === "done" ? `All have answered.${usual}` : "Stopped.");
  rate(tools, text, [...cards.values()], kindOf(cards));
}

const kindOf = (cards) =>
  [...cards.values()].map((c) => c.end?.gold?.kind).find((kind) => kind) || "";

// announce reads a finished answer to screen readers, because its stream would interrupt itself.
function announce(cards, ev) {
  const c = cards.get(`${ev.model}/${ev.sample}`);
  $("chat-live").textContent = `${ev.model}: ${c.text()}. ${c.judgement()}`;
}

function draw(models, samples, tools, text) {
  forget();
  asked++;
  const cards = new Map();
  const box = $("chat-cards");
  box.replaceChildren();
  for (const m of models)
    for (let i = 0; i < samples; i++) {
      const model = state.models.find((x) => x.id === m.model);
      const c = card(m, model, samples > 1 ? i : null, text);
      cards.set(`${m.model}/${i}`, c);
      box.append(c.element);
    }
  box.dataset.asked = asked;
  return cards;
}

function busy(yes, how) {
  $("c-stop").disabled = !yes;
  $("view-chat").dataset.state = how;
  if (yes) say(how);
}

function say(text) {
  $("chat-status").textContent = text;
}
