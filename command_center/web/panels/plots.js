// Up to four series, one under the other on one axis of time: zoom asks the store anew, holes stay holes.
import { csvOf } from "../csv.js";
import { cap, el, keyed, reveal, say, set } from "../dom.js";
import { keyOf } from "../history.js";
import { pathTo } from "../pages.js";
import { handOut, plateOf } from "../plate.js";
import { SPANS } from "../range.js";
import { lag, many, subject, time, unit } from "../words.js";
import { severity, showSeverity, showState, state } from "./marks.js";
import * as trust from "./trust.js";
import "./plot.js";

/** Alerts listed under the charts; all are marked in them. */
const LISTED_MAX = 50;

/** A time as the head of the page says it: with its day, and its seconds when near. */
function instant(at, isNear) {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, isNear ? 19 : 16)}`;
}

export class Plots extends HTMLElement {
  #isOneScale = false;

  connectedCallback() {
    this.sign = trust.sign();
    this.spans = el("div", { class: "tabs", role: "group", "aria-label": "How long" },
      ...Object.keys(SPANS).map((span) => el("button", { type: "button", "data-span": span, onclick: () => this.follow(span) }, span)));
    const square = (words, label, act) => el("button", { class: "btn square", type: "button", "aria-label": label, title: label, onclick: act }, words);
    this.backButton = el("button", { class: "btn", type: "button", onclick: () => this.back() }, "Back ", cap("u"));
    this.scaleButton = el("button", { class: "btn", type: "button", "aria-pressed": "false", onclick: () => this.toggleScale() }, "One scale ", cap("y"));
    this.csv = el("button", { class: "btn", type: "button", onclick: () => this.exportCsv() }, "CSV ", cap("e"));
    this.png = el("button", { class: "btn", type: "button", onclick: () => this.exportPng() }, "PNG ", cap("p"));
    this.when = el("p", { class: "when", role: "status" });
    this.bones = trust.bones("the charts", 6);
    this.list = el("div", { class: "plots" });
    this.empty = el("div", { class: "mid", hidden: true }, el("p", {}, "Choose up to four series to compare."), el("p", { class: "meta" }, "They stand under each other on one axis of time. Drag over a chart to look nearer, down to the readings themselves."));
    this.alerts = el("ul", { class: "device-alerts" });
    this.alertsSum = el("p", { class: "quiet" });
    this.alertsBlock = el("section", { class: "block" }, el("h3", {}, "Alerts of these devices in this time"), this.alertsSum, this.alerts);
    this.append(
      el("header", { class: "wraps" }, el("h2", { id: "plots-title", class: "visually-hidden" }, "Charts"), this.spans,
        el("span", { class: "steps", role: "group", "aria-label": "Move in time" }, square("←", "Earlier", () => this.pan(-0.25)), square("→", "Later", () => this.pan(0.25)), square("−", "Further", () => this.zoom(1 / 2)), square("+", "Nearer", () => this.zoom(2)), this.backButton),
        this.sign, el("span", { class: "takeaway", role: "group", "aria-label": "Take away" }, this.scaleButton, this.csv, this.png)),
      this.when, this.bones,
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The charts" }, this.list, this.alertsBlock), this.empty);
  }

  show(view) {
    this.view = view;
    const { board, chosen, range, now } = view;
    this.trust = trust.trustOf(view);
    trust.show(this, this.sign, this.trust);
    const shown = range.at(now);
    reveal(this.bones, !board.isKnown);
    reveal(this.empty, board.isKnown && !chosen.length);
    reveal(this.list.parentNode, board.isKnown && chosen.length);
    for (const button of this.spans.children) set(button, "aria-pressed", String(button.dataset.span === range.span));
    set(this.backButton, "aria-disabled", range.canBack ? false : "true");
    for (const button of [this.csv, this.png, this.scaleButton]) set(button, "aria-disabled", chosen.length ? false : "true");
    this.#showWhen(shown, range);
    if (!board.isKnown) return;
    const alerts = this.#alertsIn(shown);
    keyed(this.list, chosen, keyOf, () => el("gl-plot"), (node, series) => {
      node.show(this, series, shown, alerts.filter((alert) => alert.device === series.device));
    });
    this.#scale();
    this.#showAlerts(alerts);
  }

  #showWhen([from, to], range) {
    const isNear = to - from < 3_600_000;
    const following = range.span ? ", following the clock" : "";
    say(this.when, `${instant(from, isNear)} to ${instant(to, isNear)} UTC, ${lag(to - from)}${following}`);
    // A time that moves with the clock is not said aloud each second.
    set(this.when, "role", range.span ? false : "status");
  }

  #alertsIn([from, to]) {
    const devices = new Set(this.view.chosen.map((one) => one.device));
    const isIn = (alert) => devices.has(alert.device) && alert.openedMs >= from && alert.openedMs <= to;
    return [...this.view.board.alerts.values()].filter(isIn).sort((a, b) => b.openedMs - a.openedMs);
  }

  // Series of one unit share lowest and highest, so that their heights can be compared.
  #scale() {
    const plots = [...this.list.children];
    for (const plot of plots) {
      const alike = plots.filter((one) => one.series.unit === plot.series.unit);
      const ends = this.#isOneScale ? alike.flatMap((one) => one.ends()) : [];
      plot.draw(ends.length ? [Math.min(...ends), Math.max(...ends)] : null);
    }
  }

  #showAlerts(alerts) {
    if (!reveal(this.alertsBlock, this.view.chosen.length)) return;
    const beyond = alerts.length - LISTED_MAX;
    say(this.alertsSum, alerts.length ? `${many(alerts.length, "alert")}, marked in the charts where the device saw it${beyond > 0 ? `; the newest ${LISTED_MAX} are listed` : ""}.` : "None.");
    keyed(this.alerts, alerts.slice(0, LISTED_MAX), (alert) => alert.id,
      (alert) => el("li", {}, severity(), el("a", { href: pathTo("desk", { alert: alert.id }), class: "break" }), state(), el("span", { class: "meta" })),
      (node, alert) => {
        showSeverity(node.children[0], alert.severity);
        say(node.children[1], [alert.title, subject(alert.subject)].filter(Boolean).join(", "));
        showState(node.children[2], alert.state);
        say(node.children[3], time(alert.opened_at, this.view.now));
      });
  }

  #turned() {
    this.view.remember();
    this.view.render();
  }

  /** Show from then to then, in ms. */
  stand(range) {
    this.view.range.stand(range, this.view.now);
    this.#turned();
  }

  zoom(factor) {
    this.view.range.zoom(factor, this.view.now);
    this.#turned();
  }

  pan(share) {
    this.view.range.pan(share, this.view.now);
    this.#turned();
  }

  back() {
    this.view.range.back();
    this.#turned();
  }

  /** Follow the clock, so far back; without a word as far as before. */
  follow(span = this.view.range.span || "1 h") {
    this.view.range.follow(span);
    this.#turned();
  }

  toggleScale() {
    this.#isOneScale = !this.#isOneScale;
    set(this.scaleButton, "aria-pressed", String(this.#isOneScale));
    this.view.render();
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    for (const plot of this.list.children) plot.hear(readings);
  }

  #name(ending) {
    const [from, to] = this.view.range.at(this.view.now).map((at) => new Date(at).toISOString().slice(0, 19).replaceAll(":", ""));
    return `greenlane ${from}Z to ${to}Z.${ending}`;
  }

  /** What is shown, point by point. */
  exportCsv() {
    const plots = [...this.list.children];
    if (!plots.length) return;
    const text = csvOf(plots.map((plot) => plot.shown()), this.view.range.at(this.view.now));
    handOut(new Blob([text], { type: "text/csv;charset=utf-8" }), this.#name("csv"));
  }

  /** What is shown, as it is drawn. */
  exportPng() {
    const charts = [...this.list.children].filter((plot) => plot.line.canvas)
      .map((plot) => ({ title: [plot.series.metric, unit(plot.series.unit)].filter(Boolean).join(", ") + ` · ${plot.series.device} · ${plot.step.textContent}`, canvas: plot.line.canvas }));
    if (!charts.length) return;
    const plate = plateOf(`Greenlane · ${this.when.textContent}`, charts, this);
    plate.toBlob((blob) => handOut(blob, this.#name("png")), "image/png");
  }
}
customElements.define("gl-plots", Plots);
