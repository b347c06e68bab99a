// One metric of one device, live: history first, then each reading as it comes; a hole is drawn as a hole.
import { Refused, ask } from "../api.js";
import { el, reveal, say, set } from "../dom.js";
import { age, measured, time, unit, value } from "../words.js";
import { POLL_WORDS } from "../polled.js";
import { Line } from "./line.js";
import { holesOf, Points } from "./points.js";
import { unsigned } from "./marks.js";
import * as trust from "./trust.js";

const SPANS = { "5 min": 300, "1 h": 3_600, "24 h": 86_400 };
/** Points asked for. */
const POINTS = 600;
/** A list of series that is empty or could not be read is asked for again so often, in ms. */
const AGAIN_MS = 10_000;

const keyOf = ([device, metric]) => `${device}\n${metric}`;

export class Chart extends HTMLElement {
  series = [];
  #points = new Points();
  #chosen = null;
  #span = "5 min";
  #asked = 0; // grows with each question: an older answer is not taken
  #state = "loading"; // loading, empty, error, shown
  #trouble = "";
  #askedAt = 0;
  #wasLive = false;

  connectedCallback() {
    this.sign = trust.sign();
    this.select = el("select", { id: "series", onchange: () => this.choose(this.series.find((one) => keyOf(one) === this.select.value)) });
    this.value = el("span", { class: "now-value" });
    this.stand = el("span", { class: "meta" });
    this.plate = unsigned();
    this.spans = el("div", { class: "tabs", role: "group", "aria-label": "How long" }, ...Object.keys(SPANS).map((span) => el("button", { type: "button", "aria-pressed": String(span === this.#span), onclick: () => this.#choseSpan(span) }, span)));
    this.bones = trust.bones("the chart", 4);
    this.room = el("div", { class: "room", role: "img", "aria-label": "Chart" });
    this.note = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }), el("button", { class: "btn", type: "button", onclick: () => this.#again() }, "Read again"));
    this.append(
      el("header", {}, (this.title2 = el("h2", { id: "chart-title" }, "Live chart")), el("label", { class: "visually-hidden", for: "series" }, "Device and metric"), this.select, this.plate, this.value, this.stand, this.sign, this.spans),
      this.bones, this.room, this.note);
    this.line = new Line(this.room, { at: (point) => this.#hover(point) });
  }

  show(view) {
    this.view = view;
    const told = trust.trustOf(view);
    trust.show(this, this.sign, told);
    const isLive = view.live.state === "live";
    if (isLive && (!this.#wasLive || (!this.series.length && view.now - this.#askedAt > AGAIN_MS))) this.#readSeries();
    this.#wasLive = isLive;
    this.#follow();
    reveal(this.bones, this.#state === "loading");
    reveal(this.room, this.#state === "shown");
    reveal(this.select, this.series.length);
    set(this.title2, "class", this.series.length ? "visually-hidden" : false);
    this.#showNote();
    if (this.#state === "shown") this.#showLine(told);
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    if (!this.#chosen) return;
    const [device, metric] = this.#chosen;
    for (const reading of readings) {
      if (reading.device === device && reading.metric === metric) this.#points.add(Date.parse(reading.observed_at), reading.value);
    }
  }

  /** Draw this series from now on. */
  choose(series) {
    const { live } = this.view;
    if (this.#chosen) live.unwatch(this.#chosen[0], this.#chosen[1]);
    this.#chosen = series;
    localStorage.setItem("series", keyOf(series));
    live.watch(series[0], series[1]);
    this.#read();
  }

  // The alert that an officer selects brings the line that it is about.
  #follow() {
    const { selected, board } = this.view;
    if (selected === this.followed) return;
    this.followed = selected;
    const alert = board.alerts.get(selected);
    const series = alert && this.series.find(([device, metric]) => device === alert.device && alert.subject.endsWith(metric));
    if (!series || keyOf(series) === keyOf(this.#chosen)) return;
    this.select.value = keyOf(series);
    this.choose(series);
  }

  #choseSpan(span) {
    this.#span = span;
    for (const button of this.spans.children) set(button, "aria-pressed", String(button.textContent === span));
    if (this.#chosen) this.#read();
  }

  #again() {
    if (this.#chosen) this.#read();
    else this.#readSeries();
  }

  async #readSeries() {
    this.#askedAt = this.view.now;
    try {
      const { series } = await ask("/api/series");
      this.series = series.map((one) => [one.device, one.metric, one.unit ?? ""]);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#fill();
    if (!this.series.length) { this.#state = "empty"; return this.view.render(); }
    const before = this.#chosen ? keyOf(this.#chosen) : localStorage.getItem("series");
    const series = this.series.find((one) => keyOf(one) === before) ?? this.series[0];
    this.select.value = keyOf(series);
    this.choose(series);
  }

  #fill() {
    this.select.replaceChildren(...this.series.map((one) => el("option", { value: keyOf(one) }, `${one[0]}, ${one[1]}${one[2] ? `, ${unit(one[2]) || one[2]}` : ""}`)));
    this.select.disabled = !this.series.length;
  }

  #failed(error) {
    if (!(error instanceof Refused)) throw error;
    this.#state = "error";
    this.#trouble = `${error.message} Asked ${time(this.view.now, this.view.now)}. Alerts do not need it.`;
    this.view.render();
  }

  async #read() {
    const asked = (this.#asked += 1);
    const [device, metric] = this.#chosen;
    const end = this.view.now;
    const query = new URLSearchParams({ device, metric, start: new Date(end - SPANS[this.#span] * 1000).toISOString(), end: new Date(end).toISOString(), points: POINTS });
    if (this.#state !== "shown") this.#state = "loading";
    this.#points.clear();
    try {
      const told = await ask(`/api/history?${query}`);
      if (asked !== this.#asked) return;
      this.#points.history(told.points, told.step_s ?? 0);
      this.#state = "shown";
      this.view.render();
    } catch (error) {
      if (asked === this.#asked) this.#failed(error);
    }
  }

  #showNote() {
    const isEmpty = this.#state === "empty";
    if (!reveal(this.note, isEmpty || this.#state === "error")) return;
    const [said, means, again] = this.note.children;
    say(said, isEmpty ? "No readings have been kept yet." : "The chart could not be read.");
    say(means, isEmpty ? "Devices that measure appear here with their first reading." : this.#trouble);
    reveal(again, !isEmpty);
  }

  #showLine(told) {
    const { now } = this.view;
    const end = told.kind === "offline" ? told.since : now;
    const range = [now - SPANS[this.#span] * 1000, now];
    this.#points.forget(range[0]);
    const holes = holesOf(this.#points, range, end);
    this.line.draw(this.#points, holes, range);
    const last = this.#points.last();
    const isOld = holes.some((hole) => hole.isOpen);
    const isUnsigned = this.view.board.isUnsigned(this.#chosen[0]);
    reveal(this.plate, isUnsigned);
    const rhythm = isUnsigned ? `, ${POLL_WORDS}` : "";
    if (!this.hovered) {
      say(this.value, last ? measured(last.mean, this.#chosen[2], this.#points.digits()) : "no value");
      say(this.stand, last ? `${age(now - last.at)} ago${rhythm}` : `nothing in the last ${this.#span}`);
    }
    set(this.stand, "class", isOld || !last ? "trust meta" : "meta");
    set(this.value, "data-old", isOld);
    set(this.room, "aria-label", last ? `${this.#chosen[1]} of ${this.#chosen[0]}: last ${value(last.mean)} ${unit(this.#chosen[2])} at ${time(last.at, now)}; ${holes.length} holes in the last ${this.#span}` : "No readings");
  }

  #hover(point) {
    this.hovered = Boolean(point);
    if (!point) return this.view?.render();
    say(this.value, measured(point.mean, this.#chosen[2], this.#points.digits()));
    return say(this.stand, time(point.at, this.view.now));
  }
}
customElements.define("gl-chart", Chart);
