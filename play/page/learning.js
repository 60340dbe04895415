// The learning curve of a training, and what the model writes at each validation.
import { curve } from "./curve.js";
import { el, variable } from "./dom.js";

const charts = new Map(); // what the chart of a job shows, by job

// drawSamples shows what the model writes at each validation, the newest first.
export function drawSamples(list, samples) {
  const key = JSON.stringify(samples);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...[...samples]
      .reverse()
      .map((s) =>
        el(
          "li",
          {},
          el("small", {}, `step ${s.step}, validation ${s.loss.toFixed(3)}`),
          el("span", {}, s.text || "(the end of the document)"),
        ),
      ),
  );
}

// lineStyles are the styles of the lines to compare a curve with, by name.
const lineStyles = {
  "the limit": { colour: "--limit", dash: [6, 4] },
  "5-gram": { colour: "--SLM", dash: [2, 3] },
};

// drawCurve draws the losses of a job and the lines to compare them with.
export function drawCurve(card, j) {
  const last =
    `${j.curve[j.curve.length - 1].step}:${(j.valid || []).length}:${(j.lines || []).length}:` +
    card.clientWidth;
  if (charts.get(j.id) === last) return;
  charts.set(j.id, last);
  const points = (list) => (list || []).map((p) => [p.seconds, p.loss]);
  const ends = [j.curve[0].seconds, j.curve[j.curve.length - 1].seconds];
  const level = (l) => {
    const style = lineStyles[l.name] ?? { colour: "--soft", dash: [2, 3] };
    return {
      label: l.name,
      points: ends.map((x) => [x, l.loss]),
      colour: variable(style.colour),
      dash: style.dash,
    };
  };
  curve(card.querySelector(".chart"), {
    lines: [
      { label: "training", points: points(j.curve), colour: variable("--soft") },
      { label: "validation", points: points(j.valid), marks: true, colour: variable("--accent") },
      ...(j.lines || []).map(level),
    ],
    x: "seconds of training",
    y: "nats per token",
    height: 240,
  });
}
