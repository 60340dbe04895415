// Analogies in the embeddings of a model: a is to b as c is to what?
import { post } from "./api.js";
import { el, token } from "./dom.js";

// example is an analogy of the world: the usual weather of seasons.
const example = ["spring", "windy", "winter"];

// neighbour returns an entry of a list of tokens, with its cosine and a bar of a share of the width.
// A click on it shows the token's own neighbours.
export function neighbour(n, share, near) {
  const bar = el("i", { "aria-hidden": "true" });
  bar.style.width = 100 * Math.max(0, Math.min(1, share)) + "%";
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", onclick: () => near(n.id) },
      bar,
      token(n.text),
      el("span.p", {}, n.cosine.toFixed(2)),
    ),
  );
}

// analogies returns the form "a is to b as c is to what?".
export function analogies(answer, near) {
  const fields = ["a", "b", "c"].map((id, i) =>
    el("input", {
      id: `analogy-${id}`,
      list: "map-tokens",
      size: "10",
      value: example[i],
      required: "",
      "aria-label": ["first word", "its partner", "the word to find a partner for"][i],
    }),
  );
  const list = el("ol.bars", { id: "analogy-answers" }),
    error = el("p.lead", { role: "status" });
  const known = new Set(answer.points.map((p) => p.text.trim()));
  if (!fields.every((f) => known.has(f.value))) for (const f of fields) f.value = "";
  const form = el(
    "form.controls",
    {},
    fields[0],
    "is to",
    fields[1],
    "as",
    fields[2],
    "is to",
    el("button.main", { type: "submit" }, "What?"),
  );
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const [a, b, c] = fields.map((f) => f.value.trim());
    const strange = [a, b, c].find((word) => !known.has(word));
    if (strange !== undefined) {
      list.replaceChildren();
      error.textContent = `“${strange}” is not on the map; choose words that are.`;
      return;
    }
    try {
      const got = await post("/api/analogy", { model: answer.model, a, b, c });
      error.textContent = "";
      list.replaceChildren(
        ...got.answers.map((n) => neighbour(n, n.cosine / 2, near)),
      );
    } catch (err) {
      list.replaceChildren();
      error.textContent = err.message;
    }
  });
  return el(
    "div.panel.analogy",
    {},
    el("h3", {}, "Analogies"),
    el(
      "p.lead",
      {},
      "The words d that maximise cos(d, b) − cos(d, a) + cos(d, c) (Mikolov, Yih and Zweig 2013).",
    ),
    form,
    error,
    list,
  );
}
