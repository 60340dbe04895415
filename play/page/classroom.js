// Classroom mode: large type and only the essentials, for a projector. The address can switch it,
// with ?classroom=1 or ?classroom=0; otherwise the browser remembers the last choice.
import { $ } from "./dom.js";

const key = "lmzoo.classroom";

// remembered returns the last choice. A browser that blocks storage remembers nothing.
function remembered() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function set(on) {
  document.documentElement.classList.toggle("classroom", on);
  $("classroom").setAttribute("aria-pressed", String(on));
  try {
    localStorage.setItem(key, on ? "1" : "0");
  } catch {
    /* the page works without memory */
  }
}

export function setUpClassroom() {
  set((new URLSearchParams(location.search).get("classroom") ?? remembered()) === "1");
  $("classroom").addEventListener("click", () =>
    set(!document.documentElement.classList.contains("classroom")),
  );
}
