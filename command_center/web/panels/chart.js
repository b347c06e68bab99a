// One metric of one device, live: history first, then each reading as it comes; a hole is drawn as a hole.
import { Refused, ask } from "../api.js";
import { el, keyed, reveal, say, set } from "../dom.js";
import { keyOf } from "../history.js";
import { age, measured, time, unit, value } from "../words.js";
import { POLL_WORDS } from "../polled.js";
import { Line } from "./line.js";
import { holesOf, Points } from "./points.js";
import { unsigned } from "./marks.js";
import * as trust from "./trust.js";

const SPANS = { "5 min": 300, "1 h": 3_600, "24 h": 86_400 };
/** Points asked for. */
const POINTS = 600;
/** A past that could not be read is asked for again so often, in ms. */
const AGAIN_MS = 15_000;

export class Chart extends HTMLElement {
  #points = new Points();
  #filled = null; // the list that may be chosen from
  #chosen = null; // {device, metric, unit}
  #span = "5 min";
  #asked = 0; // grows with each question: an older answer is not taken
  #state = "loading"; // loading, error, shown
  #trouble = "";
  #askedAt = 0;
  #wasLive = false;

  connectedCallback() {
    this.sign = trust.sign();
    this.select = el("select", { id: "series", onchange: () => this.choose(this.view.series.all.find((one) => keyOf(one) === this.select.value) ?? this.#chosen) });
    for (const act of ["focus", "pointerdown"]) this.select.addEventListener(act, () => this.view.series.opened(this.view));
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
    const { series } = view;
    series.follow(view);
    if (series.all !== this.#filled) this.#fill(series);
    const isLive = view.live.state === "live";
    if (isLive && !this.#wasLive && this.#chosen && this.#state !== "loading") this.#read();
    else if (isLive && this.#state === "error" && view.now - this.#askedAt > AGAIN_MS) this.#read();
    this.#wasLive = isLive;
    this.#follow();
    const state = this.#chosen ? this.#state : series.state === "told" ? "empty" : series.state;
    reveal(this.bones, state === "loading");
    reveal(this.room, state === "shown");
    reveal(this.select, this.#chosen);
    set(this.title2, "class", this.#chosen ? "visually-hidden" : false);
    this.#showNote(state);
    if (state === "shown") this.#showLine(told);
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    if (!this.#chosen) return;
    const { device, metric } = this.#chosen;
    for (const reading of readings) {
      if (reading.device === device && reading.metric === metric) this.#points.add(Date.parse(reading.observed_at), reading.value);
    }
  }

  /** Draw this series from now on. */
  choose(series) {
    const { live } = this.view;
    if (this.#chosen) live.unwatch(this.#chosen.device, this.#chosen.metric);
    this.#chosen = series;
    this.select.value = keyOf(series);
    localStorage.setItem("series", keyOf(series));
    live.watch(series.device, series.metric);
    if (this.#state === "error") this.#state = "loading";
    this.#read();
  }

  // The alert that an officer selects brings the line that it is about.
  #follow() {
    const { selected, board, series } = this.view;
    if (selected === this.followed) return;
    this.followed = selected;
    const alert = board.alerts.get(selected);
    const about = alert && series.all.find(({ device, metric }) => device === alert.device && alert.subject.endsWith(metric));
    if (about && keyOf(about) !== keyOf(this.#chosen)) this.choose(about);
  }

  #choseSpan(span) {
    this.#span = span;
    for (const button of this.spans.children) set(button, "aria-pressed", String(button.textContent === span));
    if (this.#chosen) this.#read();
  }

  #again() {
    if (this.#chosen) this.#read();
    else this.view.series.read(this.view.now);
  }

  // New ones are added to a list that is open; what was drawn is drawn on, whether it is known or not.
  #fill(series) {
    this.#filled = series.all;
    const all = series.listed(this.#chosen ? [this.#chosen] : []);
    keyed(this.select, all, keyOf, (one) => el("option", { value: keyOf(one) }), (option, { device, metric, unit: u }) => say(option, [device, metric, unit(u) || u].filter(Boolean).join(", ")));
    if (this.#chosen || !all.length) return;
    const before = localStorage.getItem("series");
    this.choose(all.find((one) => keyOf(one) === before) ?? all[0]);
  }

  #failed(error) {
    if (!(error instanceof Refused)) throw error;
    this.#state = "error";
    this.#trouble = `${error.message} Asked ${time(this.view.now, this.view.now)}. Alerts do not need it.`;
    this.view.render();
  }

  async #read() {
    const asked = (this.#asked += 1);
    const { device, metric } = this.#chosen;
    const end = (this.#askedAt = this.view.now);
    const query = new URLSearchParams({ device, metric, start: new Date(end - SPANS[this.#span] * 1000).toISOString(), end: new Date(end).toISOString(), points: POINTS });
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

  #showNote(state) {
    const isEmpty = state === "empty";
    if (!reveal(this.note, isEmpty || state === "error")) return;
    const [said, means, again] = this.note.children;
    say(said, isEmpty ? "No readings have been kept yet." : "The chart could not be read.");
    say(means, isEmpty ? "Devices that measure appear here with their first reading." : this.#chosen ? this.#trouble : `${this.view.series.trouble} Alerts do not need it.`);
    reveal(again, !isEmpty);
  }

  #showLine(told) {
    const { now } = this.view;
    const end = told.kind === "offline" ? told.since : now;
    const range = [now - SPANS[this.#span] * 1000, now];
    this.#points.forget(range[0]);
    const holes = holesOf(this.#points, range, end);
    this.line.draw(this.#points, holes, range);
    const { device, metric, unit: u } = this.#chosen;
    const last = this.#points.last();
    const isOld = holes.some((hole) => hole.isOpen);
    const isUnsigned = this.view.board.isUnsigned(device);
    reveal(this.plate, isUnsigned);
    const rhythm = isUnsigned ? `, ${POLL_WORDS}` : "";
    if (!this.hovered) {
      say(this.value, last ? measured(last.mean, u, this.#points.digits()) : "no value");
      say(this.stand, last ? `${age(now - last.at)} ago${rhythm}` : `nothing in the last ${this.#span}`);
    }
    set(this.stand, "class", isOld || !last ? "trust meta" : "meta");
    set(this.value, "data-old", isOld);
    set(this.room, "aria-label", last ? `${metric} of ${device}: last ${value(last.mean)} ${unit(u)} at ${time(last.at, now)}; ${holes.length} holes in the last ${this.#span}` : "No readings");
  }

  #hover(point) {
    this.hovered = Boolean(point);
    if (!point) return this.view?.render();
    say(this.value, measured(point.mean, this.#chosen.unit, this.#points.digits()));
    return say(this.stand, time(point.at, this.view.now));
  }
}
customElements.define("gl-chart", Chart);
