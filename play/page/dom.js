// Building blocks of all views.

// el returns an element: el("p.lead", {title: "…"}, "text", child).
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const e = document.createElement(tag);
  if (classes.length) e.className = classes.join(" ");
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k in e && k !== "list" && k !== "form" && typeof v !== "string") e[k] = v;
    else if (v !== null && v !== undefined && v !== false) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

export const $ = (id) => document.getElementById(id);

// token returns a token with visible spaces.
export function token(text) {
  const span = el("span.t");
  for (const part of text.split(/( +)/)) {
    if (part === "") continue;
    if (part[0] === " ")
      span.append(el("span.space", { "aria-hidden": "true" }, "·".repeat(part.length)));
    else span.append(part);
  }
  return span;
}

// walk lets a visitor read the tokens in a box with the arrow keys or a tap, as with a mouse
// pointer.
export function walk(box, read) {
  let at = -1;
  const go = (all, i) => {
    if (!all[i]) return;
    all[at]?.classList.remove("on");
    all[(at = i)].classList.add("on");
    all[i].scrollIntoView({ block: "nearest" });
    read.textContent = `“${all[i].textContent}” ${all[i].title}`;
  };
  box.addEventListener("keydown", (e) => {
    const all = [...box.querySelectorAll(".tok")],
      to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    go(all, to);
  });
  box.addEventListener("click", (e) => {
    const all = [...box.querySelectorAll(".tok")];
    go(all, all.indexOf(e.target.closest(".tok")));
  });
}

export function percent(p) {
  if (p >= 0.9995) return "100%";
  if (p >= 0.1) return (100 * p).toFixed(0) + "%";
  if (p >= 0.001) return (100 * p).toFixed(1) + "%";
  return p > 0 ? "<0.1%" : "0%";
}

// called returns the title of a model; models of one species are distinguished by their names.
export const called = (m) => (m.id === m.species ? m.title : `${m.title} · ${m.id}`);

export function count(n) {
  if (n < 10000) return String(n);
  if (n < 1e6) return (n / 1e3).toFixed(n < 1e5 ? 1 : 0) + "k";
  return (n / 1e6).toFixed(2) + "M";
}

// debounce returns a function that calls f after a pause of wait milliseconds.
export function debounce(f, wait) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(f, wait);
  };
}

const dark = matchMedia("(prefers-color-scheme: dark)");
export const isDark = () => dark.matches;
export const onTheme = (f) => dark.addEventListener("change", f);

// heat returns the colour of a value from −1 (orange) over 0 (paper) to 1 (blue), as [r, g, b].
export function heat(v) {
  const paper = isDark() ? [30, 33, 39] : [255, 255, 255];
  const end =
    v < 0 ? (isDark() ? [255, 138, 76] : [213, 94, 0]) : isDark() ? [86, 180, 233] : [0, 114, 178];
  const a = Math.min(1, Math.abs(v));
  return paper.map((p, i) => Math.round(p + a * (end[i] - p)));
}

// scale returns samples of the colours of some probabilities, with a text for each.
export function scale(texts) {
  return texts.map(([p, text]) => {
    const s = el("span", {}, text);
    s.style.background = sure(p);
    return s;
  });
}

// sure returns the colour behind a token of probability p: the less likely, the stronger. Its hue
// differs from those of the eras.
export function sure(p) {
  const bits = Math.min(1, -Math.log2(Math.max(p, 1e-9)) / 8);
  return isDark()
    ? `hsl(345 ${10 + 40 * bits}% ${19 + 20 * bits}%)`
    : `hsl(345 ${40 + 45 * bits}% ${97 - 18 * bits}%)`;
}

// variable returns the colour that a variable of the style sheet has in the current theme.
export function variable(name) {
  const probe = el("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
