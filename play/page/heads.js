// The attention heads of a flow, with a button that ablates one.
import { el, percent, token } from "./dom.js";
import { one, press, thumbs } from "./attention.js";

// off reports whether the visitor has ablated a head.
const off = (asked, h) =>
  (asked.ablate ?? []).some((a) => a.layer === h.layer && a.head === h.head);

// choice returns small maps of all heads, the sharpest first; one of them is chosen.
export function choice(answer, asked, again) {
  const small = thumbs(answer, answer.flow.sharpness, (h) => {
    asked.layer = h.layer;
    asked.head = h.head;
    again();
  });
  press(small, answer.flow.head);
  for (const b of small.children) {
    const [layer, head] = b.dataset.head.split(".").map(Number);
    b.classList.toggle("off", off(asked, { layer, head }));
  }
  return small;
}

// attended returns the large map of the chosen head and its arcs, with a button that ablates it. Its
// method draw draws them; it needs the width that the box has in the page.
export function attended(answer, asked, again) {
  const f = answer.flow,
    { layer, head } = f.head,
    now = { layer, head, from: f.at },
    gone = off(asked, now);
  const button = el(
    "button",
    {
      type: "button",
      id: "ablate",
      "data-key": "ablate",
      "aria-pressed": String(gone),
      onclick: () => {
        const rest = (asked.ablate ?? []).filter((a) => a.layer !== layer || a.head !== head);
        asked.ablate = gone ? rest : [...rest, { layer, head }];
        again();
      },
    },
    `${gone ? "Restore" : "Ablate"} layer ${layer + 1}, head ${head + 1}`,
  );
  const box = el("div.attention");
  box.draw = () => {
    one(box, answer, now, box.draw);
    box.lastChild.append(el("div.row.left", {}, button), ablation(f, asked, again));
  };
  return box;
}

// ablation compares the prediction with and without the ablated heads.
function ablation(f, asked, again) {
  const box = el("div", { id: "ablation", role: "status" });
  if (!f.ablated) return box;
  const names = f.ablated.heads.map((h) => `L${h.layer + 1} H${h.head + 1}`).join(", ");
  box.append(
    el(
      "p",
      {},
      `Without ${names} (its mean over these tokens takes its place) the prediction ` +
        `changes by ${f.ablated.kl_bits.toFixed(3)} bits (Kullback–Leibler). `,
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            asked.ablate = [];
            again();
          },
        },
        "Restore all",
      ),
    ),
    el(
      "table.changes",
      {},
      el("tr", {}, el("th", {}, "token"), el("th.n", {}, "with"), el("th.n", {}, "without")),
      ...f.ablated.next.map((c) =>
        el(
          "tr",
          {},
          el("td", {}, token(c.text)),
          el("td.n", {}, percent(c.p)),
          el(
            "td.n",
            { class: c.without < c.p / 2 || c.without > c.p * 2 ? "n much" : "n" },
            `${c.without > c.p ? "↑" : "↓"} ${percent(c.without)}`,
          ),
        ),
      ),
    ),
  );
  return box;
}
