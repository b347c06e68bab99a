// One line at the bottom: what just happened, or what can still be taken back.
import { cap, draw, el, icon, reveal, say, set } from "./dom.js";

/** How long a line stays, in ms; a refusal is read more slowly. */
const STAYS_MS = { done: 4_000, refused: 12_000 };

const glyph = icon("tick");
const text = el("span", { class: "text" });
const left = el("span", { class: "left meta", "aria-hidden": "true" }); // seconds that run are not said aloud
const back = el("button", { class: "btn", type: "button" }, "Take back ", cap("z"));
const node = el("div", { class: "toast", id: "toast", role: "status", hidden: true }, glyph, text, left, back);
document.body.append(node);
let timer = 0;

function show(words, kind) {
  clearInterval(timer);
  clearTimeout(timer);
  set(node, "data-kind", kind);
  draw(glyph, { done: "tick", refused: "cross", held: "note" }[kind]);
  reveal(left, kind === "held");
  reveal(back, kind === "held");
  reveal(node, true);
  say(text, words);
}

export const toast = {
  /** Say it for a while. */
  tell(words, kind) {
    show(words, kind);
    timer = setTimeout(toast.hide, STAYS_MS[kind]);
  },
  /** Offer to take it back for as long as `acts` holds it. */
  undo(words, acts, undo) {
    show(words, "held");
    back.onclick = undo;
    const tick = () => {
      if (!acts.held) return clearInterval(timer);
      return say(left, `${Math.max(1, Math.ceil((acts.held.until - Date.now()) / 1000))} s`);
    };
    tick();
    timer = setInterval(tick, 250);
  },
  hide() {
    clearInterval(timer);
    clearTimeout(timer);
    reveal(node, false);
  },
};
