// The playground: the list of models, the starters, and which view is open.
import { $, el, debounce, onTheme } from "./dom.js";
import { showNext } from "./next.js";
import { showInside } from "./inside.js";
import { showGenerate, setUpGenerate } from "./generate.js";
import { setUpChat, showChat } from "./chat.js";
import { showCompress, setUpCompress } from "./compress.js";
import { setUpClassroom } from "./classroom.js";
import { setUpLab, showLab } from "./lab.js";
import { setUpJobs, showTrain, showCompare } from "./jobs.js";
import { tint } from "./palette.js";
import {
  chosen,
  fits,
  loadModels,
  on,
  prompt,
  refresh,
  setPrompt,
  showError,
  state,
} from "./state.js";

const views = {
  next: showNext,
  inside: showInside,
  generate: showGenerate,
  chat: showChat,
  compress: showCompress,
  compare: showCompare,
  train: showTrain,
  lab: showLab,
};
const withPrompt = ["next", "inside", "generate"];

function drawModels() {
  const box = $("models");
  box.replaceChildren(el("legend.visually-hidden", {}, "Models"));
  for (const m of state.models.filter((m) => m.causal)) {
    const tick = el("input", {
      type: "checkbox",
      checked: state.chosen.has(m.id),
      onchange: (e) => {
        e.target.checked ? state.chosen.add(m.id) : state.chosen.delete(m.id);
        countModels();
        refresh();
      },
    });
    box.append(
      tint(
        el(
          "label",
          { title: `${m.title} (${m.era} ${m.year}): remembers ${m.remembers}` },
          tick,
          el("span.swatch"),
          m.id,
        ),
        m,
      ),
    );
  }
  countModels();
}

// countModels says how many models are ticked.
function countModels() {
  $("choice-sum").textContent =
    `Models: ${chosen().length} of ${state.models.filter((m) => m.causal).length}`;
}

// The eras, spelled out at their first occurrence.
const eraNames = {
  SLM: "statistical language models",
  NLM: "neural language models",
  PLM: "pre-trained language models",
  LLM: "large language models",
};

// drawEras spells out the eras of the models.
function drawEras() {
  const present = Object.keys(eraNames).filter((name) => state.models.some((m) => m.era === name));
  $("eras").replaceChildren(
    ...present.map((name) => {
      const mark = el("span.swatch");
      mark.style.background = `var(--${name})`;
      return el("span.era", {}, mark, `${name} ${eraNames[name]}`);
    }),
  );
}

function drawStarters() {
  $("starters").replaceChildren(
    ...(state.info.starters || []).map(({ name, text }) =>
      el("button", { type: "button", onclick: () => setPrompt(text) }, name),
    ),
  );
}

function open() {
  const name = location.hash.slice(1);
  if (name === "main") return;
  state.view = name in views ? name : "next";
  for (const v of Object.keys(views)) $("view-" + v).hidden = v !== state.view;
  for (const a of document.querySelectorAll("nav a")) {
    if (a.hash === "#" + state.view) {
      a.setAttribute("aria-current", "page");
      a.scrollIntoView({ inline: "nearest", block: "nearest" });
    } else a.removeAttribute("aria-current");
  }
  $("stage").hidden = $("starters").hidden = !withPrompt.includes(state.view);
  $("choice").hidden = ["train", "inside", "chat", "lab"].includes(state.view);
  if (state.view === "compare") $("choice").open = true;
  showError(null);
  refresh();
}

// draw draws the open view, unless the prompt is too long for the server.
function draw() {
  const long = withPrompt.includes(state.view) && !fits(prompt(), "The prompt");
  document.body.classList.toggle("stale", long); // the page still shows the answer to another prompt
  if (!long) views[state.view](state);
}

async function start() {
  on("refresh", draw);
  on("models", drawModels);
  on("models", drawEras);
  on("models", drawStarters);
  setUpGenerate();
  setUpCompress();
  setUpClassroom();
  setUpChat();
  try {
    await loadModels();
  } catch (err) {
    showError(err);
    return;
  }
  setUpLab();
  setUpJobs();
  $("prompt").value = state.info.starters[0]?.text ?? "";
  $("prompt").addEventListener("input", debounce(refresh, 15));
  addEventListener("hashchange", open);
  onTheme(() => {
    drawModels();
    refresh();
  });
  open();
  document.body.dataset.ready = "true";
}

start();
