// Is everything from a device between two moments here? One word, the reasons, and a strip of the time in between.
import { Refused, ask } from "../api.js";
import { draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { capital, count, many, time } from "../words.js";

/** Pieces of the strip. */
const STEPS = 60;
/** The newest seconds are never promised yet: while the range follows the clock it ends with the promise, if that is so near, in ms. */
const PROMISED_MS = 90_000;
/** While the range follows the clock it is asked anew so often, in ms; after a refusal sooner. */
const AGAIN_MS = 30_000;
const RETRY_MS = 10_000;

/** What each word means for who looks, and the icon that says it without colour. */
const MEANS = {
  complete: ["tick", "Every number that its agent gave out in this time is here."],
  late: ["hole", "Some numbers wait at its agent: they will come."],
  missing: ["hole", "Numbers are not here, and nobody has said why."],
  "declared lost": ["hole", "Its agent has declared numbers lost: they will never come."],
  "cannot tell": ["hole", "Nobody promises that all of this time has been said."],
};

/** `2026-11-22 10:00` in UTC: a browser's own field for dates knows local time and half days only. */
const field = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
const FORM = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}";

export class Coverage extends HTMLElement {
  #range = null; // what was typed: [from, to] in ms; null follows the clock
  #asked = ""; // device, source and range of the last question
  #askedAt = 0;
  #number = 0;
  #told = null;
  #trouble = "";

  connectedCallback() {
    const moment = (label) => el("input", { type: "text", pattern: FORM, title: "Like 2026-11-22 10:00", required: true, autocomplete: "off", spellcheck: "false", "aria-label": label });
    this.from = moment("From, UTC");
    this.to = moment("To, UTC");
    this.follow = el("button", { class: "btn", type: "button", onclick: () => this.#follow() }, "Follow the clock");
    this.to.addEventListener("input", () => this.to.setCustomValidity("")); // else it could never be sent again
    const form = el("form", { class: "coverage-form", onsubmit: (event) => this.#typed(event) },
      el("label", {}, "From ", this.from), el("label", {}, "to ", this.to), el("span", { class: "meta" }, "UTC"), el("button", { class: "btn", type: "submit" }, "Ask"), this.follow);
    this.mark = icon("hole");
    this.word = el("strong");
    this.sum = el("span", { class: "meta" });
    this.answer = el("p", { class: "coverage-answer" }, this.mark, this.word, el("span", { class: "means" }), this.sum);
    this.strip = el("div", { class: "coverage-strip", role: "img" });
    this.begin = el("span");
    this.end = el("span");
    this.ends = el("p", { class: "coverage-ends meta" }, this.begin, this.end);
    this.reasons = el("ul", { class: "coverage-reasons" });
    this.note = el("p", { class: "quiet" });
    this.append(el("div", { class: "block-head" }, el("h3", {}, "Is everything here?"), form), this.note, this.answer, this.strip, this.ends, this.reasons);
  }

  /** Show it for a device; ``span`` (ms) is how far back the page looks while nothing was typed. */
  show(view, { device, agent }, span) {
    const key = `${agent.source} ${device.device}`;
    if (key !== this.key) {
      this.key = key;
      this.#told = null;
      this.#trouble = "";
      this.#range = null;
    }
    this.now = view.now;
    const promised = Date.parse(device.said_up_to ?? "");
    const end = view.now - promised < PROMISED_MS ? Math.min(promised, view.now) : view.now;
    const range = this.#range ?? [end - span, end];
    const question = `${key} ${this.#range ? this.#range.join() : span}`;
    const isDue = view.now - this.#askedAt > (this.#trouble ? RETRY_MS : AGAIN_MS) && (!this.#range || this.#trouble);
    if (view.live.state === "live" && (question !== this.#asked || isDue)) this.#ask(question, device, agent, range);
    reveal(this.follow, this.#range);
    if (document.activeElement !== this.from && document.activeElement !== this.to && !this.#range) {
      this.from.value = field(range[0]);
      this.to.value = field(range[1]);
    }
    this.#render();
  }

  async #ask(question, device, agent, [from, to]) {
    const number = ++this.#number;
    this.#asked = question;
    this.#askedAt = this.now;
    const query = new URLSearchParams({ device: device.device, source: agent.source, start: new Date(from).toISOString(), end: new Date(to).toISOString(), steps: STEPS });
    try {
      const told = await ask(`/api/completeness?${query}`);
      if (number !== this.#number) return; // another question was asked meanwhile
      this.#told = told;
      this.#trouble = "";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (number !== this.#number) return;
      this.#trouble = error.message;
    }
    this.#render();
  }

  #typed(event) {
    event.preventDefault();
    const range = [this.from, this.to].map((input) => Date.parse(`${input.value.replace(" ", "T")}:00Z`));
    const isGood = range.every(Number.isFinite) && range[0] < range[1];
    this.to.setCustomValidity(isGood ? "" : "The start has to come before the end.");
    if (isGood) this.#stand(range);
    else this.to.reportValidity();
  }

  #stand(range) {
    this.#range = range;
    [this.from.value, this.to.value] = range.map(field);
    this.#told = null;
    this.#render();
  }

  #follow() {
    this.#range = null;
    this.#told = null;
    this.#render();
  }

  #render() {
    const told = this.#told;
    const words = this.#trouble ? `It could not be asked. ${this.#trouble}` : told ? "" : "Asking the gateway.";
    if (reveal(this.note, words)) say(this.note, words);
    for (const node of [this.answer, this.strip, this.ends]) reveal(node, told);
    reveal(this.reasons, told?.reasons.length);
    if (!told) return;
    const [mark, means] = MEANS[told.status];
    draw(this.mark, mark);
    set(this.answer, "data-status", told.status);
    // What follows the clock is not said aloud every half a minute.
    set(this.answer, "role", this.#range ? "status" : false);
    say(this.word, capital(told.status));
    say(this.answer.querySelector(".means"), means);
    // Never the sum of the stretches: a message near a border counts in each that it may belong to.
    const { kept, missing, lost } = told.whole ?? {};
    const parts = told.whole ? [`${many(kept, "message")} of its agent here`, missing && `${count(missing)} missing`, lost && `${count(lost)} declared lost`] : [];
    say(this.sum, parts.filter(Boolean).join(", "));
    this.#renderStrip(told.stretches);
    keyed(this.reasons, told.reasons, (one) => one, () => el("li"), (node, one) => say(node, one));
  }

  #renderStrip(stretches) {
    keyed(this.strip, stretches.map((one, index) => ({ ...one, index })), (one) => one.index, () => el("span"),
      (node, one) => {
        set(node, "data-status", one.status);
        set(node, "title", `${time(one.start, this.now)} to ${time(one.end, this.now)}: ${one.status}`);
      });
    const shares = Object.keys(MEANS).map((status) => [status, stretches.filter((one) => one.status === status).length]).filter(([, n]) => n);
    set(this.strip, "aria-label", shares.map(([status, n]) => `${Math.round((100 * n) / stretches.length)} % of the time ${status}`).join(", "));
    say(this.begin, time(stretches[0].start, this.now));
    say(this.end, time(stretches.at(-1).end, this.now));
  }
}
customElements.define("gl-coverage", Coverage);
