// Which series are compared: every metric that has a history, by device.
import { el, keyed, reveal, say, set } from "../dom.js";
import { COMPARED_MAX, keyOf } from "../history.js";
import { many, unit } from "../words.js";
import { unsigned } from "./marks.js";
import { Search } from "./search.js";
import * as trust from "./trust.js";

/** Rows on the screen; beyond it the list says so. */
const ROWS_MAX = 200;
/** New series stand here so soon, in ms; at once when somebody opens the list. */
const AGAIN_MS = 15_000;

export class Picker extends HTMLElement {
  #all = []; // as they stand
  #taken = null; // the list that they came from

  connectedCallback() {
    this.sign = trust.sign();
    this.sum = el("span", { class: "meta push" });
    this.search = new Search("series", "Device, metric, unit", () => this.view.render());
    this.bones = trust.bones("series", 9);
    this.list = el("ul", { class: "picks scroll", "aria-labelledby": "picker-title", hidden: true });
    this.more = el("p", { class: "meta beyond", hidden: true });
    this.note = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }), el("button", { class: "btn", type: "button", onclick: () => this.view.series.read(this.view.now) }, "Read again"));
    this.append(
      el("header", { class: "wraps" }, el("h2", { id: "picker-title" }, "Series"), this.sum, this.sign, this.search.label),
      this.bones, this.list, this.more, this.note);
    for (const act of ["focusin", "pointerenter"]) this.addEventListener(act, () => this.view?.series.opened(this.view));
  }

  show(view) {
    this.view = view;
    trust.show(this, this.sign, trust.trustOf(view));
    const { series } = view;
    series.follow(view, AGAIN_MS);
    reveal(this.bones, series.state === "loading");
    say(this.sum, series.state === "told" ? `${view.chosen.length} of at most ${COMPARED_MAX}` : "");
    // An address names no units.
    for (const one of view.chosen) one.unit = series.known(one)?.unit ?? one.unit;
    const all = this.#take(series);
    const shown = all.filter((one) => this.#matches(one));
    reveal(this.list, shown.length);
    keyed(this.list, shown.slice(0, ROWS_MAX), keyOf, (one) => this.#make(one), (node, one) => this.#showPick(node, one));
    if (reveal(this.more, shown.length > ROWS_MAX)) say(this.more, `${many(shown.length - ROWS_MAX, "more series", "more series")}: search to see them.`);
    this.#showNote(shown, all);
  }

  // While a hand or the keys are on the rows none moves: new ones stand at the end.
  #take(series) {
    const isHeld = this.list.matches(":hover") || this.list.contains(document.activeElement);
    if (!isHeld) this.#all = series.listed(this.view.chosen);
    else if (series.all !== this.#taken) {
      const standing = new Set(this.#all.map(keyOf));
      this.#all = [...this.#all, ...series.all.filter((one) => !standing.has(keyOf(one)))];
    }
    this.#taken = series.all;
    return this.#all;
  }

  #matches(one) {
    return this.search.finds(() => [one.device, one.metric, one.unit, unit(one.unit), this.view.board.device(one.device).device?.title]);
  }

  #showNote(shown, all) {
    const { state, trouble } = this.view.series;
    const isError = state === "error";
    if (!reveal(this.note, state !== "loading" && (isError || !shown.length))) return;
    const [said, means, again] = this.note.children;
    reveal(again, isError);
    if (isError) { say(said, "The series could not be read."); say(means, `${trouble} Alerts do not need it.`); }
    else if (all.length) { say(said, `No series has “${this.search.words}” in it.`); say(means, `${many(all.length, "series", "series")} looked through. Esc ends the search.`); }
    else { say(said, "No readings have been kept yet."); say(means, "Devices that measure appear here with their first reading."); }
  }

  #make(one) {
    const box = el("input", { type: "checkbox", onchange: () => this.#toggled(one, box) });
    return el("li", {}, el("label", { class: "pick" }, box, el("span", { class: "two" }, el("span", { class: "strong" }), el("span", { class: "id" })), unsigned(), el("span", { class: "meta" })));
  }

  #showPick(node, one) {
    const [box, words, plate, u] = node.firstElementChild.children;
    const isChosen = this.view.isChosen(one);
    const isFull = !isChosen && this.view.chosen.length >= COMPARED_MAX;
    if (box.checked !== isChosen) box.checked = isChosen;
    set(box, "aria-disabled", isFull ? "true" : false);
    set(node.firstElementChild, "data-full", isFull ? "true" : false);
    set(node.firstElementChild, "title", isFull ? `At most ${COMPARED_MAX} are compared: take one out first.` : false);
    say(words.firstElementChild, one.metric);
    say(words.lastElementChild, one.device);
    reveal(plate, this.view.board.isUnsigned(one.device));
    say(u, unit(one.unit ?? ""));
  }

  #toggled(one, box) {
    if (!this.view.toggle(one)) { box.checked = false; say(document.querySelector("#polite"), `At most ${COMPARED_MAX} are compared: take one out first.`); }
  }

  /** Focus the series `step` further. */
  move(step) {
    const boxes = [...this.list.querySelectorAll("input")];
    const place = boxes.indexOf(document.activeElement);
    boxes[place < 0 ? 0 : Math.min(boxes.length - 1, Math.max(0, place + step))]?.focus();
  }
}
customElements.define("gl-picker", Picker);
