// Line charts, drawn by uPlot.
import { isDark } from "./dom.js";

const observers = new WeakMap(); // observers of the width of a box
const drawn = new WeakMap(); // the chart in a box, and a key of what it shows

// inner returns the width within the padding of a box.
function inner(box) {
  const style = getComputedStyle(box);
  return Math.max(
    200,
    Math.floor(box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)),
  );
}

// round returns the next number below or above v that begins with 1, 2 or 5: an end of a
// logarithmic axis.
function round(v, up) {
  const power = 10 ** Math.floor(Math.log10(v)),
    all = [1, 2, 5, 10].map((n) => n * power);
  return up ? all.find((n) => n >= v) : all.findLast((n) => n <= v);
}

// curve draws lines {label, points: [[x, y], …], colour, dash} over a common x axis and replaces
// the content of box. New points of the same lines update the chart, so that hidden lines remain
// hidden and the focus is kept.
export function curve(box, { lines, x, y, height = 300, from, log = false }) {
  const xs = [...new Set(lines.flatMap((l) => l.points.map((p) => p[0])))].sort((a, b) => a - b);
  const at = new Map(xs.map((v, i) => [v, i]));
  const data = [xs];
  for (const l of lines) {
    const ys = new Array(xs.length).fill(null);
    for (const [px, py] of l.points) ys[at.get(px)] = py;
    data.push(ys);
  }
  const kind = JSON.stringify([
    lines.map((l) => [l.label, l.colour]),
    x,
    y,
    height,
    from,
    log,
    isDark(),
  ]);
  const last = drawn.get(box);
  if (last?.kind === kind && last.plot.root.isConnected) {
    last.plot.setData(data);
    return;
  }
  const ink = isDark() ? "#a2a7b1" : "#5c6069",
    grid = { stroke: isDark() ? "#343841" : "#e5e2da", width: 1 };
  const axis = (label, size) => ({
    label,
    stroke: ink,
    grid,
    ticks: grid,
    size,
    labelSize: 20,
    labelFont: "12px system-ui, sans-serif",
    font: "12px system-ui, sans-serif",
  });
  const plot = new window.uPlot(
    {
      width: inner(box),
      height,
      scales: {
        x: { time: false },
        y: log
          ? { distr: 3, range: (_, min, max) => [round(0.9 * min), round(1.1 * max, true)] }
          : { range: (_, min, max) => [from ?? min, max + 0.05 * (max - (from ?? min)) || 1] },
      },
      axes: [axis(x, 36), axis(y, 52)],
      cursor: { drag: { x: true, y: false } },
      series: [
        { label: x },
        ...lines.map((l) => ({
          label: l.label,
          stroke: l.colour,
          width: 2,
          dash: l.dash || [],
          spanGaps: true,
          points: { show: l.marks || false },
          value: (_, v) => (v == null ? "–" : v.toFixed(2)),
        })),
      ],
    },
    data,
    box.appendChild(document.createElement("div")),
  );
  window.chartKeys(box, plot, true);
  drawn.set(box, { plot, kind });
  while (box.children.length > 1) box.firstChild.remove();
  observers.get(box)?.disconnect();
  const watch = new ResizeObserver(() => {
    const width = inner(box);
    if (Math.abs(width - plot.width) > 1) plot.setSize({ width, height });
  });
  watch.observe(box);
  observers.set(box, watch);
}
