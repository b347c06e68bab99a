// One metric of the device: its latest reading and how old it is, and its past as a chart.
import { Refused } from "../api.js";
import { el, reveal, say, set } from "../dom.js";
import { latestOf, past } from "../history.js";
import { age, count, measured, time } from "../words.js";
import { POLL_WORDS } from "../polled.js";
import { Line } from "./line.js";
import { holesOf, Points } from "./points.js";

const POINTS = 300;
/** The past is asked for anew so often, in ms; between, readings come live. */
const AGAIN_MS = 30_000;

export class Metric extends HTMLElement {
  #points = new Points();
  #latest = null; // {at, value}
  #asked = 0;
  #askedAt = -Infinity;
  #span = 0;
  #state = "loading"; // loading, told, error
  #trouble = "";

  // Shown before it stands in the page; and a move in the page is a leaving and a coming.
  connectedCallback() {
    this.view.live.watch(this.series.device, this.series.metric);
  }

  #build() {
    this.name = el("h4");
    this.value = el("span", { class: "now-value" });
    this.stand = el("span", { class: "meta" });
    this.step = el("span", { class: "meta push" });
    this.room = el("div", { class: "room", role: "img", "aria-label": "Chart" });
    this.note = el("p", { class: "quiet", hidden: true });
    this.append(el("div", { class: "block-head" }, this.name, this.value, this.stand, this.step), this.room, this.note);
    this.line = new Line(this.room, { at: () => {} });
  }

  disconnectedCallback() {
    this.view?.live.unwatch(this.series.device, this.series.metric);
    if (!this.isConnected) this.line?.rest(); // left, not moved
  }

  show(view, series, span, words) {
    if (!this.firstChild) this.#build();
    this.view = view;
    this.series = series;
    this.words = words;
    const isOther = span !== this.#span;
    this.#span = span;
    if (isOther || (view.live.state === "live" && view.now - this.#askedAt > AGAIN_MS)) this.#read(isOther);
    this.#draw();
  }

  async #read(isOther) {
    const asked = (this.#asked += 1);
    this.#askedAt = this.view.now;
    if (isOther) { this.#state = "loading"; this.#points.clear(); this.#latest = null; }
    try {
      const told = await past(this.series, [this.view.now - this.#span, this.view.now + 1_000], POINTS);
      const latest = await latestOf(this.series, told);
      if (asked !== this.#asked) return;
      this.#points.history(told.points, told.stepS);
      this.stepS = told.stepS;
      if (!this.#latest || (latest && latest.at > this.#latest.at)) this.#latest = latest;
      this.#state = "told";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (asked !== this.#asked) return;
      this.#state = "error";
      this.#trouble = error.message;
    }
    this.view.render();
  }

  #draw() {
    const { now, live } = this.view;
    const { metric, unit: u } = this.series;
    say(this.name, metric);
    const last = this.#latest;
    const range = [now - this.#span, now];
    const end = live.state === "live" ? now : (live.since ?? now);
    this.#points.forget(range[0]);
    const holes = holesOf(this.#points, range, end);
    const isOld = holes.some((hole) => hole.isOpen);
    say(this.value, last ? measured(last.value, u) : this.#state === "loading" ? "" : "no value");
    set(this.value, "data-old", isOld);
    say(this.stand, last ? `${age(now - last.at)} ago${last.isMean ? ", mean" : ""}` : "");
    set(this.stand, "class", isOld ? "trust meta" : "meta");
    set(this.stand, "title", last ? time(last.at, now) : false);
    const rhythm = this.view.board.isUnsigned(this.series.device) ? POLL_WORDS : "";
    say(this.step, [this.#points.all.length && stepWords(this.stepS), rhythm].filter(Boolean).join(", "));
    const words = this.#state === "error" ? `Its past could not be read. ${this.#trouble}` : this.#state === "told" && !this.#points.all.length ? `No readings in the last ${this.words}.` : "";
    if (reveal(this.note, words)) say(this.note, words);
    reveal(this.room, !words);
    if (words || this.#state === "loading") return;
    this.line.draw(this.#points, holes, range);
    set(this.room, "aria-label", `${metric}: last ${last ? `${measured(last.value, u)} at ${time(last.at, now)}` : "unknown"}; ${count(holes.length)} holes in the last ${this.words}`);
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    for (const reading of readings) {
      if (reading.device !== this.series.device || reading.metric !== this.series.metric) continue;
      const at = Date.parse(reading.observed_at);
      this.#points.add(at, reading.value);
      if (!this.#latest || at > this.#latest.at) this.#latest = { at, value: reading.value };
    }
  }
}

/** What a point of a chart stands for. */
export const stepWords = (stepS) => (stepS ? `a point is ${stepS < 1 ? `${Math.round(stepS * 1000)} ms` : age(stepS * 1000)}` : "each reading");
customElements.define("gl-metric", Metric);
