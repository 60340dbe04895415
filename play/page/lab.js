// Lab: the card of every experiment, with the results that the pages report and with quick runs on
// this machine.
import { get, remove } from "./api.js";
import { $, el } from "./dom.js";
import { ask, onJobs } from "./jobs.js";
import { showError, state } from "./state.js";
import { result, verdict } from "./outcome.js";

let info = null;
let topic = ""; // shown; "": all
let jobs = []; // of experiments
const ended = new Set(); // jobs whose result is in info

export function setUpLab() {
  onJobs((all) => {
    jobs = all.filter((j) => j.kind === "lab");
    const fresh = jobs.filter((j) => j.state === "done" && !ended.has(j.id));
    for (const j of fresh) ended.add(j.id);
    if (state.view !== "lab" || !info) return;
    if (fresh.length) load();
    else for (const e of info.experiments) drawJob(e);
  });
}

export function showLab() {
  if (!info) load();
}

async function load() {
  try {
    info = await get("/api/lab");
  } catch (err) {
    showError(err);
    return;
  }
  drawTopics();
  drawCards();
}

function drawTopics() {
  const present = info.topics.filter((t) => info.experiments.some((e) => e.topic === t));
  $("lab-topics").replaceChildren(
    ...["", ...present].map((t) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(t === topic),
          onclick: (e) => {
            topic = t;
            for (const b of $("lab-topics").children)
              b.setAttribute("aria-pressed", String(b === e.target));
            drawCards();
          },
        },
        t || "all",
      ),
    ),
  );
}

const cardOf = (e) => $("lab-cards").querySelector(`[data-experiment="${e.name}"]`);

// drawCards draws the cards of the topic. A card whose results have not changed stays as it is.
function drawCards() {
  const shown = info.experiments.filter((e) => !topic || e.topic === topic);
  const cards = shown.map((e) => {
    const key = JSON.stringify(e.results);
    const old = cardOf(e);
    if (old?.dataset.key === key) return old;
    const fresh = draw(e);
    fresh.dataset.key = key;
    if (old?.contains(document.activeElement))
      setTimeout(() => fresh.querySelector("button").focus());
    return fresh;
  });
  $("lab-cards").replaceChildren(...cards);
  for (const e of shown) drawJob(e);
}

function draw(e) {
  const mark = el("span.swatch");
  mark.style.background = `var(--${e.era}, var(--soft))`;
  const card = el(
    "article.panel.experiment",
    { "data-experiment": e.name, "aria-labelledby": "lab-" + e.name },
    el(
      "div.row",
      {},
      el("h3", { id: "lab-" + e.name }, e.name),
      el("span.era", {}, mark, `${e.era} ${e.year}`),
    ),
    el("p.claim", {}, e.claim),
    el("p.paper", {}, e.paper),
    ...e.results.map((r) => verdict(r)),
    e.results.length ? null : el("p.verdict", {}, "There is no result yet."),
    ...e.results.map((r) => result(e, r)),
    el("div.job"),
  );
  return card;
}

// drawJob shows the run of an experiment, or a button that starts it.
function drawJob(e) {
  const box = cardOf(e)?.querySelector(".job");
  if (!box) return;
  const j = jobs.findLast((j) => j.experiment === e.name);
  const active = j && ["queued", "running"].includes(j.state);
  if (!box.children.length) box.append(...controls(e));
  const [run, cancel, bar, status] = ["button.run", "button.cancel", "progress", "p"].map((s) =>
    box.querySelector(s),
  );
  const focused = document.activeElement === run || document.activeElement === cancel;
  run.hidden = active || !e.can_run;
  cancel.hidden = bar.hidden = !active;
  if (focused) (active ? cancel : run).focus();
  run.disabled = false;
  box.dataset.state = j?.state || "";
  const text = said(j);
  if (status.textContent !== text) status.textContent = text;
}

function said(j) {
  const seconds = j?.seconds ? `${j.seconds.toFixed(0)} s` : "";
  switch (j?.state) {
    case "queued":
      return `number ${j.position} in the queue`;
    case "running":
      return [seconds, j.doing || "running"].filter(Boolean).join(" · ");
    case "done":
      return `done in ${seconds || "0 s"}`;
    case "cancelled":
      return "cancelled";
    case "failed":
      return "failed: " + j.error;
  }
  return "";
}

function controls(e) {
  const run = el(
    "button.run",
    {
      type: "button",
      "aria-label": `run ${e.name} at quick scale`,
      onclick: () => {
        run.disabled = true;
        ask({ kind: "lab", experiment: e.name }).then(() => drawJob(e));
      },
    },
    "Run at quick scale",
  );
  const cancel = el(
    "button.cancel",
    {
      type: "button",
      "aria-label": "cancel " + e.name,
      onclick: () => {
        const j = jobs.findLast((j) => j.experiment === e.name);
        if (j) remove("/api/jobs/" + j.id).catch(showError);
      },
    },
    "Cancel",
  );
  return [run, cancel, el("progress", { "aria-label": "progress of " + e.name }), el("p", { role: "status" })];
}
