// From the model's distribution to a token: temperature and top-p, live.
import { post } from "./api.js";
import { debounce, el, percent, token } from "./dom.js";
import { prompt, setPrompt, showError } from "./state.js";

const now = { temperature: 1, topP: 1, seed: 1 }; // the visitor's choices

// logarithm returns ln p with two decimals.
const logarithm = (p) => (p > 0.995 ? "0.00" : Math.log(p).toFixed(2).replace("-", "−"));

// sampling returns the controls and the bars of a model.
export function sampling(m) {
  const list = el("ol.bars.sampled"),
    status = el("p", { role: "status", id: "drawn" });
  let running = null;
  const update = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      const answer = await post(
        "/api/next",
        {
          prompt: prompt(),
          models: [m.id],
          top: 10,
          temperature: now.temperature,
          top_p: now.topP,
          seed: now.seed,
        },
        mine.signal,
      );
      if (!mine.signal.aborted) show(answer.models[0], answer.limit?.right);
    } catch (err) {
      showError(err);
    }
  };
  const show = (a, right) => {
    const { token: t, kept } = a.drawn;
    list.replaceChildren(
      ...a.next.map((n) => {
        const own = el("i.own", { "aria-hidden": "true" }),
          bar = el("i", { "aria-hidden": "true" });
        own.style.width = 100 * n.p + "%";
        bar.style.width = 100 * n.q + "%";
        const hit = right && n.append && right.startsWith(n.append);
        return el(
          "li",
          {},
          el(
            "span.bar",
            {
              class: `bar${n.q === 0 ? " cut" : ""}${n.id === t.id ? " drawn" : ""}${hit ? " right" : ""}`,
            },
            own,
            bar,
            token(n.text),
            el("span.p", {}, `ln P ${logarithm(n.p)} · ${percent(n.p)} → ${percent(n.q)}`),
          ),
        );
      }),
    );
    status.replaceChildren(
      `${kept} ${kept === 1 ? "token is" : "tokens are"} left; drawn: `,
      el("b", {}, token(t.text)),
      ` (${percent(t.q)}) `,
      el(
        "button",
        {
          type: "button",
          disabled: t.append === null,
          onclick: () => {
            now.seed++;
            setPrompt(prompt() + t.append);
          },
        },
        "Append it",
      ),
    );
  };
  const later = debounce(update, 15);
  const slider = (id, label, key, max) => {
    const out = el("output", { for: id }, now[key].toFixed(2));
    return el(
      "div",
      {},
      el("label", { for: id }, label, " ", out),
      el("input", {
        id,
        type: "range",
        min: "0",
        max: String(max),
        step: "0.05",
        value: String(now[key]),
        oninput: (e) => {
          now[key] = +e.target.value;
          out.textContent = now[key].toFixed(2);
          later();
        },
      }),
    );
  };
  update();
  return el(
    "div",
    {},
    el(
      "div.controls",
      {},
      slider("s-temperature", "Temperature", "temperature", 2),
      slider("s-top-p", "Top-p", "topP", 1),
      el(
        "button.main",
        {
          type: "button",
          id: "s-draw",
          onclick: () => {
            now.seed++;
            update();
          },
        },
        "Draw a token",
      ),
    ),
    status,
    list,
  );
}
