// The card of one answer: its text, the scratchpad with its steps, and its rewards.
import { el, called } from "./dom.js";
import { tint } from "./palette.js";

const stages = {
  sft: "SFT",
  dpo: "DPO",
  rl: "RL",
  reward: "reward model",
};

// thought divides a text into the steps of a chain of thought and the answer, which begins with one
// of the usual phrases.
export function thought(text) {
  const m = /^(.*\S)\s+((?:so )?the answer is\b.*|#### .*)$/is.exec(text);
  return m ? [m[1], m[2]] : ["", text];
}

// card returns the card of an answer by the participant who. sample numbers the answers of one
// model; null: it has only one.
export function card(who, model, sample, question) {
  const name = sample === null ? who.model : `${who.model}, answer ${sample + 1}`;
  const said = el("div.said", { "aria-label": "answer of " + name, role: "group" });
  const steps = el("ol");
  const pad = el("details.pad", { hidden: true }, el("summary", {}, "Steps"), steps);
  const foot = el("p.foot", {}, "…");
  const rewards = el("p.rewards", { hidden: true });
  const choose = el("div.choose");
  let text = ""; // of the message that is being written
  let last = null; // the step whose result is awaited
  const self = { who, end: null, choose };
  self.element = el(
    "article.card.answer",
    { "data-model": who.model, "aria-label": name },
    el(
      "div.head",
      {},
      el("h3", {}, name),
      el("span.era", {}, who.answers ? stages[who.stage] || who.stage : "only continues the text"),
    ),
    pad,
    said,
    rewards,
    choose,
    foot,
  );
  if (model) {
    self.element.title = called(model);
    tint(self.element, model);
  }
  const given = who.answers ? null : el("span.given", {}, question + "\n");
  const written = el("span");
  said.append(...(given ? [given] : []), written);

  // step adds a step to the scratchpad.
  const step = (open, ...parts) => {
    const li = el("li", {}, ...parts);
    steps.append(li);
    pad.hidden = false;
    pad.open ||= open;
    const n = steps.children.length;
    pad.querySelector("summary").textContent = n === 1 ? "1 step" : `${n} steps`;
    return li;
  };

  self.text = () => written.textContent || "no text";
  self.judgement = () => rewards.textContent;
  self.take = (kind, ev) => {
    if (kind === "text") {
      text += ev.text;
      written.textContent = text;
    }
    if (kind === "call") {
      if (text.trim()) step(true, text.trim());
      text = written.textContent = "";
      last = step(true, el("code", {}, `${ev.call.tool} ${ev.call.input}`));
    }
    if (kind === "result" && last) {
      const failed = ev.text.startsWith("error :");
      last.append(" → ", el(failed ? "code.failed" : "code", {}, ev.text));
    }
    if (kind === "note") step(false, el("em", {}, ev.text));
    if (kind === "end") finish(ev);
  };
  self.stopped = () => {
    if (!self.end) foot.textContent = "stopped";
  };

  function finish(ev) {
    self.end = ev;
    const [steps, answer] = who.answers ? thought(text) : ["", text];
    if (steps) step(false, steps);
    written.textContent = answer;
    if (!answer && ev.reason !== "error") said.append(el("em", {}, "(no text)"));
    const why = {
      stop: who.answers ? "" : ", the document ends",
      length: ", cut off",
      time: ", out of time",
      error: `: ${ev.error}`,
    }[ev.reason];
    foot.textContent = `${ev.count || 0} tokens${why}`;
    judge(ev);
  }

  function judge(ev) {
    const all = [];
    if (ev.gold) {
      const kind = ev.gold.reward >= 1 ? "right" : ev.gold.reward < 0 ? "wrong" : "half";
      all.push(
        el(`span.${kind}`, {}, `${ev.gold.verdict}: gold ${signed(ev.gold.reward)}`),
      );
    }
    for (const [model, score] of Object.entries(ev.rewards || {}))
      all.push(el("span", {}, `${model} scores ${signed(+score.toFixed(2))}`));
    rewards.replaceChildren(...all.flatMap((e, i) => (i ? [" · ", e] : [e])));
    rewards.hidden = !all.length;
  }
  return self;
}

const signed = (x) => (x > 0 ? "+" : x < 0 ? "−" : "") + Math.abs(x);
