// What an officer can do to an alert, each with its key, and how the last act fares: sending, done, refused.
import { LOOKS_ONLY, VERBS } from "../acts.js";
import { cap, draw, el, icon, reveal, say, set } from "../dom.js";
import { age } from "../words.js";

/** "done" is shown so long, in ms. */
const DONE_MS = 6_000;
/** A refusal so long, in ms; one from before this page was opened is not shown at all. */
const REFUSED_MS = 600_000;

/** The acts that lead on: the next one of them is the primary button. */
const STEPS = ["acknowledge", "start", "resolve", "close"];
const OVER = ["resolved", "closed"];

/** How the last act about this alert fares: kind and words, or null if there is nothing to say. */
export function fate(view, alert) {
  const held = view.acts.held;
  if (held?.alert.id === alert.id) {
    return { kind: "held", icon: "note", words: `Comment: goes in ${age(held.until - Date.now() + 999)}` };
  }
  const act = view.acts.latest(alert.id);
  if (!act) return null;
  const word = VERBS[act.verb]?.word ?? "Act";
  const by = act.officer && act.officer !== view.board.me?.name ? ` by ${act.officer}` : "";
  const since = Date.now() - (act.turned ?? Date.now());
  if (act.state === "sending") {
    const wait = since > 2000 ? ` ${age(since)}` : "";
    return { kind: "sending", icon: "dash", words: `${word}${by}: sending${wait}` };
  }
  if (!act.turned) return null;
  if (act.state === "refused") return since > REFUSED_MS ? null : { kind: "refused", icon: "cross", words: `${word}${by}: refused. ${act.reason}` };
  return since < DONE_MS ? { kind: "done", icon: "tick", words: `${word}${by}: done` } : null;
}

/** The line that shows a fate. */
export const fateLine = () => el("span", { class: "fate", hidden: true }, icon("dash"), el("span"));
export function showFate(node, told) {
  if (!reveal(node, told)) return;
  set(node, "data-kind", told.kind);
  draw(node.firstElementChild, told.icon);
  say(node.lastElementChild, told.words);
}

/** The bar of buttons; `open` adds the way to the whole alert. */
export class ActBar extends HTMLElement {
  #buttons = {};
  #fate = fateLine();

  connectedCallback() {
    if (this.firstChild) return;
    for (const [verb, { key, word }] of Object.entries(VERBS)) {
      this.#buttons[verb] = el("button", {
        class: "btn", type: "button", "data-verb": verb,
        onclick: (event) => { event.stopPropagation(); this.view?.act(this.alert, verb); },
      }, word, cap(key));
    }
    const open = el("button", {
      class: "btn", type: "button", "data-do": "open", hidden: !this.hasAttribute("open"),
      onclick: (event) => { event.stopPropagation(); this.view?.openAlert(this.alert.id); },
    }, "Open", cap("Enter"));
    this.append(...Object.values(this.#buttons), open, el("span", { class: "meta looks-only" }, LOOKS_ONLY), this.#fate);
  }

  show(view, alert) {
    this.view = view;
    this.alert = alert;
    let isFirst = true;
    for (const [verb, button] of Object.entries(this.#buttons)) {
      const against = view.acts.against(alert, verb);
      set(button, "aria-disabled", against ? "true" : false);
      set(button, "title", against || false);
      // What is over, and only that, can be closed or opened again: elsewhere these two would be noise.
      if (["close", "reopen"].includes(verb)) reveal(button, OVER.includes(alert.state));
      const next = !against && isFirst && STEPS.includes(verb);
      button.classList.toggle("primary", next);
      if (next) isFirst = false;
    }
    showFate(this.#fate, fate(view, alert));
  }
}
customElements.define("gl-acts", ActBar);
