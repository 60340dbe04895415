// The result of an experiment: the verdict of each seed, its numbers, and its figures.
import { el } from "./dom.js";

const scales = { full: "at full scale", quick: "at quick scale" };

// verdict says for how many seeds the claim held.
export function verdict(r) {
  const held = r.seeds.filter((s) => s.held).length;
  const whole = held === r.seeds.length;
  const kind = whole ? "held" : held ? "part" : "failed";
  const seeds = r.seeds.length === 1 ? `the one seed` : `${held} of ${r.seeds.length} seeds`;
  return el(
    "p.verdict",
    {},
    el(`span.${kind}`, {}, held || r.seeds.length > 1 ? `held for ${seeds}` : `did not hold`),
    ` ${scales[r.scale] || r.scale}, ${time(r.seconds)}`,
  );
}

const time = (s) => (s < 100 ? `${s.toFixed(0)} s` : `${(s / 60).toFixed(0)} min`);

// result returns the figures and the numbers of a result, which are loaded when they are opened.
export function result(e, r) {
  const box = el("div");
  const details = el(
    "details",
    {
      ontoggle: () => {
        if (details.open && !box.children.length) box.append(frame(e, r), numbers(e, r));
      },
    },
    el("summary", {}, `Figures and numbers, ${scales[r.scale] || r.scale}`),
    box,
  );
  return details;
}

// frame shows the figures at their full height.
function frame(e, r) {
  const f = el("iframe", {
    src: r.page,
    title: `figures of ${e.name}`,
    sandbox: "allow-same-origin allow-downloads",
  });
  f.addEventListener("load", () => {
    const root = f.contentDocument.documentElement;
    const fit = () => {
      f.style.height = Math.ceil(root.getBoundingClientRect().height) + 4 + "px";
    };
    fit();
    new ResizeObserver(fit).observe(root);
  });
  return f;
}

// numbers returns the numbers that decide, by seed.
function numbers(e, r) {
  const names = Object.keys(r.seeds[0]?.measures || {}).sort();
  const row = (cell, name, values) =>
    el("tr", {}, el("th", { scope: "row" }, name), ...values.map((v) => el(cell, {}, v)));
  return el(
    "div.scroll",
    { tabindex: "0", role: "group", "aria-label": `numbers of ${e.name}` },
    el(
      "table",
      {},
      el("caption", {}, "The numbers that decide, by seed"),
      el("thead", {}, row("th.n", "seed", r.seeds.map((s) => String(s.seed)))),
      el(
        "tbody",
        {},
        row("td.n", "the claim", r.seeds.map((s) => (s.held ? "held" : "did not hold"))),
        ...names.map((name) =>
          row("td.n", e.measures?.[name] || name, r.seeds.map((s) => short(s.measures[name]))),
        ),
      ),
    ),
  );
}

const short = (x) => (x === undefined ? "–" : String(x));
