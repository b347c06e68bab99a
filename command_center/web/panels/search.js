// A search field over a list: its words, which rows have them, and how a search ends.
import { cap, el, icon } from "../dom.js";

export class Search {
  words = "";

  /** `what` is looked through; `changed` is called whenever the words are others. */
  constructor(what, placeholder, changed) {
    this.changed = changed;
    this.field = el("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder, oninput: () => this.#look(this.field.value.trim()) });
    this.label = el("label", { class: "field" }, icon("search"), el("span", { class: "visually-hidden" }, `Search ${what}`), this.field, cap("/"));
  }

  /** Whether a row has every word in it; `texts` gives what it shows. */
  finds(texts) {
    if (!this.words) return true;
    const text = texts().join(" ").toLowerCase();
    return this.words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  /** End it; whether there was one. */
  leave() {
    if (document.activeElement !== this.field && !this.words) return false;
    this.field.value = "";
    this.field.blur();
    this.#look("");
    return true;
  }

  #look(words) {
    this.words = words;
    this.changed();
  }
}
