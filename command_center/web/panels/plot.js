// One series of the explorer over the time that is shown; another time asks the store anew.
import { Refused } from "../api.js";
import { el, reveal, say, set } from "../dom.js";
import { past } from "../history.js";
import { many, measured, time, unit } from "../words.js";
import { POLL_WORDS } from "../polled.js";
import { Line } from "./line.js";
import { unsigned } from "./marks.js";
import { stepWords } from "./metric.js";
import { holesOf, Points } from "./points.js";

/** Points asked for: one for each pixel, within these. */
const POINTS_MIN = 200;
const POINTS_MAX = 2_000;
/** While the clock is followed the past is asked for anew so often, in ms; between, readings come live. */
const AGAIN_MS = 15_000;
/** A zoom is asked for when it has rested so long, in ms: turning a wheel is one question. */
const REST_MS = 120;

export class Plot extends HTMLElement {
  #points = new Points();
  #stepS = 0;
  #asked = 0;
  #askedAt = -Infinity;
  #askedRange = null;
  #state = "loading"; // loading, told, error
  #trouble = "";
  #timer = 0;

  // Shown before it stands in the page; and a move in the page is a leaving and a coming.
  connectedCallback() {
    const { device, metric } = this.series;
    this.plots.view.live.watch(device, metric);
  }

  #build() {
    this.name = el("h3", {}, el("span", { class: "strong" }), " ", el("span", { class: "id" }));
    this.plate = unsigned();
    this.value = el("span", { class: "now-value" });
    this.stand = el("span", { class: "meta" });
    this.step = el("span", { class: "meta push" });
    this.out = el("button", { class: "btn plain", type: "button", onclick: () => this.plots.view.toggle(this.series) }, "Take out");
    this.room = el("div", { class: "room", role: "img" });
    this.note = el("div", { class: "plot-note", hidden: true }, el("p", { class: "quiet" }), el("button", { class: "btn", type: "button", onclick: () => this.#read() }, "Read again"));
    this.append(el("div", { class: "block-head" }, this.name, this.plate, this.value, this.stand, this.step, this.out), this.note, this.room);
    this.line = new Line(this.room, { at: (point) => this.#pointed(point), zoomed: (range) => this.plots.stand(range), group: "explore" });
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.plots?.view.live.unwatch(this.series.device, this.series.metric);
    if (!this.isConnected) this.line?.rest(); // left, not moved
  }

  show(plots, series, range, alerts) {
    if (!this.firstChild) this.#build();
    this.plots = plots;
    this.series = series;
    this.range = range;
    this.alerts = alerts;
    const { view } = plots;
    const { span } = view.range;
    const key = span || range.join();
    const isOther = key !== this.#askedRange;
    if (isOther || (span && view.live.state === "live" && view.now - this.#askedAt > AGAIN_MS)) this.#later(key, isOther);
    if (span) this.#points.forget(range[0]);
  }

  #later(key, isOther) {
    this.#askedRange = key;
    this.#askedAt = this.plots.view.now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), isOther ? REST_MS : 0);
  }

  async #read() {
    const asked = (this.#asked += 1);
    set(this.room, "aria-busy", "true");
    const points = Math.min(POINTS_MAX, Math.max(POINTS_MIN, this.clientWidth - 60));
    try {
      const told = await past(this.series, this.range, points);
      if (asked !== this.#asked) return;
      if (!this.plots.view.range.span) this.#points.clear(); // a time that stands is the store's alone
      this.#points.history(told.points, told.stepS);
      this.#stepS = told.stepS;
      this.#state = "told";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (asked !== this.#asked) return;
      this.#state = "error";
      this.#trouble = error.message;
    } finally {
      if (asked === this.#asked) set(this.room, "aria-busy", false);
    }
    this.plots.view.render();
  }

  /** Lowest and highest value of what is shown; empty if there is none. */
  ends() {
    const inside = this.#inside();
    return inside.length ? [Math.min(...inside.map((p) => p.low)), Math.max(...inside.map((p) => p.high))] : [];
  }

  #inside() {
    const [from, to] = this.range;
    return this.#points.all.filter((point) => point.at >= from && point.at <= to);
  }

  draw(scale) {
    const { metric, device, unit: u } = this.series;
    const { now, live } = this.plots.view;
    say(this.name.firstElementChild, [metric, unit(u)].filter(Boolean).join(", "));
    say(this.name.lastElementChild, device);
    const isUnsigned = this.plots.view.board.isUnsigned(device);
    reveal(this.plate, isUnsigned);
    const isError = this.#state === "error";
    if (reveal(this.note, isError)) say(this.note.firstElementChild, `This series could not be read. ${this.#trouble}${this.#points.all.length ? " Shown as it was read before." : " Alerts do not need it."}`);
    reveal(this.room, !isError || this.#points.all.length);
    const inside = this.#inside();
    const rhythm = isUnsigned && this.plots.view.range.span ? `, ${POLL_WORDS}` : "";
    say(this.step, this.#state === "loading" ? "reading" : isError && !inside.length ? "not read" : (this.#stepS ? `${many(inside.length, "point")}, ${stepWords(this.#stepS)}` : many(inside.length, "reading")) + rhythm);
    const known = live.state === "live" ? now : (live.since ?? now);
    const holes = this.#state === "loading" ? [] : holesOf(this.#points, this.range, Math.min(this.range[1], known), { isWhole: true });
    if (this.#state !== "loading" || this.#points.all.length) {
      this.line.draw(this.#points, holes, this.range, { scale, marks: this.alerts.map((alert) => ({ at: alert.openedMs, severity: alert.severity })) });
    }
    if (!this.hovered) this.#showEnds(inside, holes);
    set(this.room, "aria-label", `${metric} of ${device}: ${inside.length ? `${many(inside.length, "point")} from ${measured(this.ends()[0], u)} to ${measured(this.ends()[1], u)}` : "no readings in this time"}; ${many(holes.length, "hole")}, ${many(this.alerts.length, "alert")}`);
  }

  #showEnds(inside, holes) {
    const u = this.series.unit;
    say(this.value, inside.length ? `${measured(this.ends()[0], "", this.#digits())} to ${measured(this.ends()[1], u, this.#digits())}` : this.#state === "told" ? "no readings in this time" : "");
    set(this.value, "data-old", !inside.length);
    say(this.stand, holes.length && inside.length ? many(holes.length, "hole") : "");
    set(this.stand, "class", "trust meta");
  }

  #digits() {
    return this.#points.digits() || undefined;
  }

  #pointed(point) {
    this.hovered = Boolean(point);
    if (!point) return void this.plots?.view.render();
    const isHole = point.mean === null;
    set(this.value, "data-old", isHole);
    say(this.value, isHole ? "a hole: no reading" : measured(point.mean, this.series.unit));
    set(this.stand, "class", isHole ? "trust meta" : "meta");
    return say(this.stand, time(point.at, this.plots.view.now));
  }

  /** Readings of watched devices, as they come; a time that stands does not grow. */
  hear(readings) {
    if (!this.plots.view.range.span) return;
    for (const reading of readings) {
      if (reading.device === this.series.device && reading.metric === this.series.metric) this.#points.add(Date.parse(reading.observed_at), reading.value);
    }
  }

  /** What is taken away. */
  shown() {
    return { ...this.series, points: this.#points.all, stepS: this.#stepS };
  }
}
customElements.define("gl-plot", Plot);
