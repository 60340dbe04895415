// The attention heads of a flow, with a button that ablates one.
import { el, percent, token } from "./dom.js";
import { one, press, thumbs } from "./attention.js";

// heads shows the maps of all heads, and one of them large, with a button that ablates it.
export function heads(answer, asked, again) {
  const f = answer.flow,
    now = { layer: f.head.layer, head: f.head.head, from: f.at };
  const small = thumbs(answer, f.sharpness, (h) => {
    asked.layer = h.layer;
    asked.head = h.head;
    again();
  });
  press(small, now);
  const off = (h) => (asked.ablate ?? []).some((a) => a.layer === h.layer && a.head === h.head);
  for (const b of small.children) {
    const [layer, head] = b.dataset.head.split(".").map(Number);
    b.classList.toggle("off", off({ layer, head }));
  }
  const large = el("div.attention");
  large.draw = () => {
    one(large, answer, now, large.draw);
    large.lastChild.append(el("div.row.left", {}, button), ablation(f, asked, again));
  };
  const button = el(
    "button",
    {
      type: "button",
      id: "ablate",
      "data-key": "ablate",
      "aria-pressed": String(off(now)),
      onclick: () => {
        const rest = (asked.ablate ?? []).filter(
          (a) => a.layer !== now.layer || a.head !== now.head,
        );
        asked.ablate = off(now) ? rest : [...rest, { layer: now.layer, head: now.head }];
        again();
      },
    },
    `${off(now) ? "Restore" : "Ablate"} layer ${now.layer + 1}, head ${now.head + 1}`,
  );
  return el("div", {}, small, large);
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
      `Without ${names}, whose output is replaced by its mean over these tokens, the prediction ` +
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
