// Evidence about the opened alert as one file for somebody who does not trust us, and how far it is.
import { cap, el, keyed, reveal, say, set } from "../dom.js";
import { age, bytes, short } from "../words.js";
import { fateLine, showFate } from "./actbar.js";

const WORDS = {
  making: (told) => ({ kind: "sending", icon: "dash", words: `The gateway makes it: ${age(Date.now() - told.begun)}` }),
  fetching: (told) => ({ kind: "sending", icon: "dash", words: `It comes: ${bytes(told.here_bytes)} of ${bytes(told.size_bytes)}` }),
  ready: (told) => ({ kind: "done", icon: "tick", words: `Saved: ${bytes(told.size_bytes)}, sha256 ${short(told.sha256)}` }),
  failed: (told) => ({ kind: "refused", icon: "cross", words: `It was not made. ${told.error}` }),
};

/** The block. */
export class Evidence extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.take = el("button", { class: "btn", type: "button", onclick: () => this.view.evidence.take(this.alert) }, "Export evidence", cap("e"));
    this.again = el("button", { class: "btn plain", type: "button", hidden: true, onclick: () => this.view.evidence.save(this.alert) }, "Save again");
    this.fate = fateLine();
    this.notes = el("ul", { class: "notes" });
    this.append(
      el("p", { class: "quiet" }, "One file with the signed messages, the pictures, what officers did, and the proofs. Anybody can verify it without us. That you took it is entered in the journal."),
      el("div", { class: "takes" }, this.take, this.again, el("button", { class: "btn", type: "button", onclick: () => this.view.print() }, "Print", cap("p"))), el("div", {}, this.fate), this.notes);
  }

  show(view, alert) {
    this.view = view;
    this.alert = alert;
    const told = view.evidence.of(alert);
    const against = view.evidence.against(alert);
    set(this.take, "aria-disabled", against ? "true" : false);
    set(this.take, "title", against || false);
    reveal(this.again, told?.state === "ready");
    showFate(this.fate, told && WORDS[told.state](told));
    set(this.fate, "title", told?.sha256 || false);
    const notes = told?.notes ?? [];
    reveal(this.notes, notes.length);
    keyed(this.notes, notes, (note) => note, () => el("li", { class: "meta break" }), (node, note) => say(node, note));
  }
}
customElements.define("gl-evidence", Evidence);
