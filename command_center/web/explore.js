// The explorer of time series: up to four of them under one axis of time, down to the readings themselves.
import { COMPARED_MAX, keyOf } from "./history.js";
import { Page } from "./page.js";
import { Range } from "./range.js";
import { remember } from "./steps.js";
import "./panels/picker.js";
import "./panels/plots.js";

const KEYS = {
  "+": [(v) => v.plots.zoom(2), "Nearer", "Time"],
  "-": [(v) => v.plots.zoom(1 / 2), "Further", "Time"],
  ArrowLeft: [(v) => v.plots.pan(-0.25), "Earlier", "Time"],
  ArrowRight: [(v) => v.plots.pan(0.25), "Later", "Time"],
  u: [(v) => v.plots.back(), "One zoom back", "Time"],
  0: [(v) => v.plots.follow(), "Follow the clock again", "Time"],
  j: [(v) => v.picker.move(1), "Next series", "Series"],
  k: [(v) => v.picker.move(-1), "Previous series", "Series"],
  y: [(v) => v.plots.toggleScale(), "One scale for all of a unit", "Series"],
  e: [(v) => v.plots.exportCsv(), "Take away: CSV", "Take away"],
  p: [(v) => v.plots.exportPng(), "Take away: PNG", "Take away"],
};

class Explore extends Page {
  chosen = []; // {device, metric, unit}
  range = new Range();

  constructor() {
    super("gl-picker", "gl-plots");
    this.picker = document.querySelector("gl-picker");
    this.plots = document.querySelector("gl-plots");
    this.#fromAddress();
  }

  #fromAddress() {
    const asked = new URLSearchParams(location.search);
    const metrics = asked.getAll("metric");
    this.chosen = asked.getAll("device").slice(0, COMPARED_MAX).map((device, i) => ({ device, metric: metrics[i] ?? "", unit: "" })).filter((one) => one.metric);
    this.range.follow(asked.get("span") ?? "1 h");
    const [from, to] = [Date.parse(asked.get("from")), Date.parse(asked.get("to"))];
    if (from < to) this.range.stand([from, to], this.now);
  }

  /** Everything shown is in the address: it can be sent to somebody. */
  remember() {
    const query = new URLSearchParams();
    for (const { device, metric } of this.chosen) { query.append("device", device); query.append("metric", metric); }
    const [from, to] = this.range.at(this.now);
    if (this.range.span) query.set("span", this.range.span);
    else { query.set("from", new Date(from).toISOString()); query.set("to", new Date(to).toISOString()); }
    remember(query);
  }

  isChosen(series) {
    return this.chosen.some((one) => keyOf(one) === keyOf(series));
  }

  /** Take a series in, or out; false if there is no room. */
  toggle(series) {
    if (this.isChosen(series)) this.chosen = this.chosen.filter((one) => keyOf(one) !== keyOf(series));
    else if (this.chosen.length >= COMPARED_MAX) return false;
    else this.chosen = [...this.chosen, series];
    this.remember();
    this.render();
    return true;
  }

  readings(readings) {
    this.plots.hear(readings);
  }

  search() {
    this.picker.search.field.focus();
  }

  leave() {
    if (this.picker.search.leave()) return;
    if (this.range.canBack) this.plots.back();
    document.activeElement?.blur?.();
  }
}

new Explore().start(KEYS, [["Time", "Drag over a chart", ["mouse"]]]);
