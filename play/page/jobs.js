// Train and Compare: jobs, which the server runs one at a time.
import { closed, get, post, remove } from "./api.js";
import { $, el, count } from "./dom.js";
import { chosen, showError, loadModels, refresh, state } from "./state.js";
import { drawCurve, drawSamples } from "./learning.js";

let jobs = [];
const listeners = [];

// onJobs calls f with all jobs at every change.
export const onJobs = (f) => listeners.push(f);

// ask starts a job.
export async function ask(body) {
  try {
    await post("/api/jobs", body);
    showError(null);
  } catch (err) {
    showError(err);
  }
}

const known = new Set(); // jobs whose model is in the list
let states = ""; // of all jobs, when the unfinished runs were last loaded

export function setUpJobs() {
  trainForm();
  $("compare-form").append(
    el("button.main", { type: "submit", id: "compare-go" }, "Compare the ticked models"),
  );
  $("compare-form").addEventListener("submit", (e) => {
    e.preventDefault();
    compare();
  });
  const events = new EventSource("/api/jobs/events");
  events.addEventListener("jobs", async (e) => {
    jobs = JSON.parse(e.data).jobs;
    const fresh = jobs.filter((j) => j.model && !known.has(j.id));
    for (const j of fresh) known.add(j.id);
    if (fresh.some((j) => !state.models.some((m) => m.id === j.model))) {
      await loadModels().catch(showError);
      if (["next", "inside", "compress"].includes(state.view)) refresh(); // include the new model
    }
    for (const f of listeners) f(jobs);
    if (state.view === "train") drawTrain();
    if (state.view === "compare") draw($("compare-jobs"), "compare");
  });
  let lost = false;
  events.onerror = () => {
    lost = true;
    showError(new Error(closed));
  }; // EventSource reconnects by itself
  events.onopen = async () => {
    if (!lost) return;
    lost = false;
    showError(null);
    known.clear(); // after a restart, names of jobs are reused
    await loadModels().catch(showError); // a restarted server may have other models
    refresh();
  };
  addEventListener("pagehide", () => {
    events.onerror = null;
    events.close();
  });
}

export function showTrain() {
  states = "";
  drawTrain();
}

function drawTrain() {
  draw($("train-jobs"), "train");
  const now = JSON.stringify(jobs.map((j) => [j.id, j.state]));
  if (now !== states) {
    states = now;
    unfinished();
  }
}

// unfinished offers to resume runs that were stopped, here or on the command line.
async function unfinished() {
  if (!state.info.can_train) return;
  let runs;
  try {
    runs = (await get("/api/unfinished")).runs;
  } catch (err) {
    showError(err);
    return;
  }
  const box = $("train-unfinished");
  if (!runs.length) {
    box.replaceChildren();
    return;
  }
  const held = document.activeElement?.dataset.run;
  box.replaceChildren(
    el(
      "div.panel",
      {},
      el("h3", {}, "Unfinished"),
      ...runs.map((u) => {
        const far = u.budget
          ? `${u.seconds.toFixed(1)} of ${u.budget.toFixed(0)} s`
          : `${u.step} of ${u.steps} steps`;
        return el(
          "div.row",
          {},
          el(
            "span",
            {},
            el("strong", {}, u.id),
            ` ${u.title}, ${far}`,
            u.loss === null ? "" : `, loss ${u.loss.toFixed(3)}`,
          ),
          el(
            "button",
            {
              type: "button",
              "data-run": u.id,
              "aria-label": "resume " + u.id,
              onclick: (e) => {
                e.target.disabled = true;
                ask({ kind: "resume", run: u.id }).then(unfinished);
              },
            },
            "Resume",
          ),
        );
      }),
    ),
  );
  if (held) box.querySelector(`[data-run="${held}"]`)?.focus();
}

export function showCompare() {
  draw($("compare-jobs"), "compare");
}

function compare() {
  const models = chosen().map((m) => m.id);
  if (models.length) ask({ kind: "compare", models });
  else showError(new Error("No model is ticked; tick the models to compare."));
}

function trainForm() {
  const form = $("train-form");
  if (!state.info.can_train) {
    form.replaceChildren(el("p", {}, "Training is disabled in this playground."));
    return;
  }
  const options = (list) => list.map(([value, text]) => el("option", { value }, text));
  const field = (id, label, input) => el("div", {}, el("label", { for: id }, label), input);
  const text = el(
    "div.full",
    { hidden: true },
    el(
      "label",
      { for: "t-text" },
      "Text to train on, at least 1000 characters; a blank line ends a document",
    ),
    el("textarea", { id: "t-text", rows: "6", maxlength: String(state.info.limits.text_bytes) }),
  );
  const corpus = el(
    "select",
    {
      id: "t-corpus",
      onchange: (e) => {
        text.hidden = e.target.value !== "text";
        tokenizer.value = e.target.value === "text" ? "char" : "word";
      },
    },
    ...options([
      ["world", "the small world"],
      ["text", "a text of your own"],
    ]),
  );
  const tokenizer = el(
    "select",
    { id: "t-tokenizer" },
    ...options(state.info.tokenizers.filter((t) => t !== "whitespace").map((t) => [t, t])),
  );
  tokenizer.value = "word";
  form.append(
    field(
      "t-species",
      "Model",
      el(
        "select",
        { id: "t-species" },
        ...options(state.info.species.map((s) => [s.name, `${s.title} (${s.year})`])),
      ),
    ),
    field(
      "t-size",
      "Size",
      el(
        "select",
        { id: "t-size" },
        ...options([
          ["", "for a short training"],
          ["tiny", "tiny"],
          ["small", "small"],
          ["base", "base"],
        ]),
      ),
    ),
    field("t-corpus", "Text", corpus),
    field("t-tokenizer", "Tokens", tokenizer),
    field(
      "t-budget",
      "Seconds",
      el("input", {
        id: "t-budget",
        type: "number",
        min: "1",
        max: String(state.info.limits.training_seconds),
        value: "30",
        required: "",
      }),
    ),
    field(
      "t-seed",
      "Seed",
      el("input", {
        id: "t-seed",
        type: "number",
        min: "1",
        max: String(Number.MAX_SAFE_INTEGER),
        value: "1",
        required: "",
      }),
    ),
    text,
    el("div", {}, el("button.main", { type: "submit", id: "t-go" }, "Train")),
  );
  $("t-species").value = "gpt";
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const species = $("t-species").value,
      neural = state.info.species.find((s) => s.name === species).neural;
    ask({
      kind: "train",
      species,
      size: neural ? $("t-size").value : "",
      corpus: corpus.value,
      text: corpus.value === "text" ? $("t-text").value : "",
      tokenizer: tokenizer.value,
      budget: +$("t-budget").value,
      seed: +$("t-seed").value,
    });
  });
}

function draw(box, kind) {
  const turn = { running: 0, queued: 1 };
  const mine = jobs
    .filter((j) => j.kind === kind)
    .reverse()
    .sort(
      (a, b) =>
        (turn[a.state] ?? 2) - (turn[b.state] ?? 2) || (a.position ?? 0) - (b.position ?? 0),
    );
  const wanted = new Set(mine.map((j) => j.id));
  for (const card of [...box.children]) if (!wanted.has(card.dataset.job)) card.remove();
  mine.forEach((j, i) => {
    let card = box.querySelector(`[data-job="${j.id}"]`);
    if (!card) {
      card = el(
        "article.panel.job",
        { "data-job": j.id },
        el(
          "div.row",
          {},
          el("h3", {}, j.title),
          el("span.state", { role: "status" }),
          el(
            "button",
            { type: "button", onclick: () => remove("/api/jobs/" + j.id).catch(showError) },
            "Cancel",
          ),
        ),
        el("progress", { max: 1, value: 0, "aria-label": "progress of " + j.title }),
        el("p.state"),
        el("div.chart", { role: "group", "aria-label": "Learning curve of " + j.title }),
        el("ol.samples", { "aria-label": "What the model says at each validation" }),
        el("div.result"),
      );
    }
    if (box.children[i] !== card) box.insertBefore(card, box.children[i] || null);
    fill(card, j);
  });
}

function fill(card, j) {
  const over = !["queued", "running"].includes(j.state);
  card.dataset.state = j.state;
  card.querySelector(".row .state").textContent =
    j.state === "queued"
      ? `number ${j.position} in the queue`
      : j.state === "running"
        ? j.doing || "running"
        : j.state;
  card.querySelector(".row button").hidden = over;
  const bar = card.querySelector("progress");
  bar.hidden = over;
  bar.value = j.progress;
  card.querySelector("p.state").textContent = j.error || facts(j);
  if (j.curve && j.curve.length > 1) drawCurve(card, j);
  drawSamples(card.querySelector(".samples"), j.samples || []);
  const result = card.querySelector(".result");
  if (j.report && !result.children.length) {
    result.append(
      el(
        "p",
        {},
        el(
          "a",
          { href: j.report, target: "_blank", rel: "noopener" },
          "Open the report in a new window",
        ),
      ),
      el("iframe", { src: j.report, title: j.title, loading: "lazy" }),
    );
  }
  if (j.model && !result.children.length)
    result.append(
      el(
        "p",
        {},
        "The other views can use it now, as ",
        el("strong", {}, j.model),
        ". ",
        el("a", { href: "#next" }, "See what it predicts"),
      ),
    );
}

function facts(j) {
  const parts = [];
  if (j.step) parts.push(`${j.step} steps`);
  if (j.tokens) parts.push(`${count(j.tokens)} tokens`);
  if (j.seconds) parts.push(`${j.seconds.toFixed(1)} s`);
  if (j.seconds && j.tokens) parts.push(`${count(Math.round(j.tokens / j.seconds))} tokens/s`);
  if (j.curve && j.curve.length) parts.push(`loss ${j.curve[j.curve.length - 1].loss.toFixed(3)}`);
  if (j.valid && j.valid.length)
    parts.push(`validation ${j.valid[j.valid.length - 1].loss.toFixed(3)}`);
  return parts.join(" · ");
}
