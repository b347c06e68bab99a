// One device as of now: whether it is there, its agent, how whole what it said is, its metrics, its alerts.
import { cap, draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { COMPARED_MAX, keyOf } from "../history.js";
import { pathTo } from "../pages.js";
import { newest } from "../sieve.js";
import { age, count, many, short, subject, time } from "../words.js";
import { fareOf, laneWords, titleOf } from "./devices.js";
import { UNSIGNED, severity, showSeverity, showState, showThumbnail, state, thumbnail, unsigned } from "./marks.js";
import { Looks } from "./looks.js";
import { isSimulated } from "./sight.js";
import * as trust from "./trust.js";
import "./coverage.js";
import "./metric.js";

/** How far back the charts go, in ms. */
const SPANS = { "1 h": 3_600_000, "24 h": 86_400_000, "7 d": 604_800_000, "30 d": 2_592_000_000 };
/** Charts on the page, alerts and pictures of the device. */
const METRICS_MAX = 24;
const ALERTS_MAX = 12;
const SCANS_MAX = 6;

const block = (title, ...children) => el("section", { class: "block" }, el("h3", {}, title), ...children);
const fact = (word) => el("div", {}, el("dt", {}, word), el("dd", { class: "break" }));

export class Twin extends HTMLElement {
  #span = "1 h";
  #looks = new Looks();

  connectedCallback() {
    this.tabIndex = -1;
    this.sign = trust.sign();
    this.title2 = el("h2", { id: "twin-title", class: "strong" }, "Device");
    this.fare = el("span", { class: "trust fare" }, icon("hole"), el("span"));
    this.plate = unsigned();
    this.unsigned = el("p", { class: "unsigned", hidden: true }, icon("hole"), el("span", {}, UNSIGNED));
    this.explorer = el("a", { class: "btn push", href: pathTo("explore") }, "Explore ", cap("x"));
    this.simulated = el("p", { class: "simulated", hidden: true }, icon("sensor"), el("span", {}, "Simulated: this is no real device."));
    this.device = { state: fact("State"), title: fact("Called"), place: fact("Place"), family: fact("Driver"), said: fact("Said up to"), pictures: fact("Pictures") };
    this.agent = { source: fact("Agent"), state: fact("State"), born: fact("Born"), version: fact("Version"), clock: fact("Clock"), key: fact("Key"), models: fact("Model") };
    this.streams = el("tbody");
    this.told = el("p", { class: "meta" });
    this.spans = el("div", { class: "tabs", role: "group", "aria-label": "How long" }, ...Object.keys(SPANS).map((span) => el("button", { type: "button", "aria-pressed": String(span === this.#span), onclick: () => this.#chose(span) }, span)));
    this.metrics = el("div", { class: "metrics" });
    this.note = el("p", { class: "quiet", hidden: true });
    this.alerts = el("ul", { class: "device-alerts" });
    this.noAlerts = el("p", { class: "quiet", hidden: true });
    this.scans = el("ul", { class: "device-scans" });
    this.scansBlock = block("Scans", this.scans, (this.allScans = el("a", {}, "All its scans")));
    this.body = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The device", hidden: true },
      el("div", { class: "twin-facts" },
        block("Device, as of now", this.simulated, this.unsigned, el("dl", { class: "passport" }, ...Object.values(this.device))),
        block("Its agent", el("dl", { class: "passport" }, ...Object.values(this.agent)))),
      block("What has come of its agent",
        el("div", { class: "wide-table", tabindex: "0", role: "group", "aria-label": "Streams" }, el("table", {}, el("thead", {}, el("tr", {}, ...["Stream", "State", "Kept", "Missing", "Declared lost", "Waiting"].map((word, i) => el("th", { scope: "col", class: i > 1 ? "num" : null }, word)))), this.streams)), this.told),
      (this.coverage = el("gl-coverage")),
      el("section", { class: "block" }, el("div", { class: "block-head" }, el("h3", {}, "Metrics"), this.spans), this.metrics, this.note),
      this.scansBlock, block("Alerts about it", this.alerts, this.noAlerts));
    this.bones = trust.bones("the device", 9);
    this.empty = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }));
    this.append(el("header", {}, this.title2, this.plate, this.fare, this.sign, this.explorer), this.bones, this.body, this.empty);
  }

  show(view) {
    this.view = view;
    const { board, wanted } = view;
    this.trust = trust.trustOf(view);
    trust.show(this, this.sign, this.trust);
    const found = view.chosen();
    reveal(this.bones, !board.isKnown);
    reveal(this.body, found);
    reveal(this.fare, found);
    reveal(this.explorer, found);
    reveal(this.plate, found?.agent.is_unsigned);
    say(this.title2, wanted.device || "Device");
    this.title2.classList.toggle("id", Boolean(wanted.device));
    this.#showEmpty(board, found);
    view.series.follow(view);
    if (found) this.#showFound(found);
    else this.#showMetrics([]);
  }

  #showEmpty(board, found) {
    if (!reveal(this.empty, board.isKnown && !found)) return;
    const [said, means] = this.empty.children;
    const { device } = this.view.wanted;
    const known = [...board.agents.values()].reduce((n, agent) => n + agent.devices.length, 0);
    say(said, device ? `No device is called “${device}”.` : known ? "Choose a device." : "There is none to choose yet.");
    say(means, device ? "No agent names it now. It may have been renamed, or its agent enrolled anew; its history is still to be explored."
      : `${many(known, "device")} behind ${many(board.agents.size, "agent")}.`);
  }

  #showFound(found) {
    const { device, agent } = found;
    const { now } = this.view;
    const fare = fareOf(found, now);
    const isSure = fare.isGood && this.trust.kind === "live";
    set(this.fare, "class", isSure ? "word quiet fare" : "trust fare");
    draw(this.fare, fare.icon);
    say(this.fare.lastElementChild, fare.isGood ? "found" : fare.words);
    reveal(this.unsigned, agent.is_unsigned);
    reveal(this.simulated, isSimulated(this.view, { device: device.device, source: agent.source }));
    const since = device.since ? ` since ${time(device.since, now)}, ${age(now - Date.parse(device.since))}` : "";
    this.#fact(this.device.state, device.is_found ? `found${since}${agent.state === "alive" ? "" : `; its agent is ${agent.state}, so this may be old`}` : `lost${since}${device.reason ? `: ${device.reason}` : ""}`);
    this.#fact(this.device.title, titleOf(device));
    this.#fact(this.device.place, [agent.source.split("/")[1], laneWords(device.lane)].filter(Boolean).join(", "));
    this.#fact(this.device.family, device.family);
    this.#fact(this.device.said, agent.is_unsigned ? "nobody says so of it" : device.said_up_to ? `${time(device.said_up_to, now)}, ${age(now - Date.parse(device.said_up_to))} ago: nothing older is still unsaid` : "not told yet");
    this.#showAgent(agent);
    this.#showStreams(agent);
    this.coverage.show(this.view, found, SPANS[this.#span]);
    const theirs = this.view.series.all.filter((one) => one.device === device.device);
    this.#fact(this.device.pictures, this.#looks.words(this.view, device.device, theirs));
    this.#showMetrics(theirs);
    this.explorer.href = pathTo("explore", {}) + exploring(theirs, this.#span);
    this.#showAlerts(found);
    this.#showScans(device);
  }

  #showAgent(agent) {
    const { now } = this.view;
    const heard = agent.heard_at ? `heard ${time(agent.heard_at, now)}, ${age(now - Date.parse(agent.heard_at))} ago` : "never heard";
    this.#fact(this.agent.source, agent.source);
    // What is alive is heard all the time: when last is news only of the others.
    this.#fact(this.agent.state, agent.state === "alive" ? "alive" : `${agent.state}, ${heard}`);
    this.#fact(this.agent.born, agent.is_unsigned ? "" : agent.born_at ? `${time(agent.born_at, now)}, ${age(now - Date.parse(agent.born_at))} ago` : "not told");
    this.#fact(this.agent.version, agent.version && `v${agent.version}`);
    this.#fact(this.agent.clock, agent.is_unsigned ? "its own, unknown" : agent.clock_error_ms === null ? "not synchronised: what it says has the time at which it arrived" : `synchronised, ± ${count(agent.clock_error_ms)} ms`);
    this.#fact(this.agent.key, agent.is_unsigned ? "none" : agent.keyid && (agent.keyid.length > 16 ? short(agent.keyid) : agent.keyid));
    this.#fact(this.agent.models, agent.models.map((model) => `${model.name}, sha256 ${short(model.sha256)}`).join("; "));
    set(this.agent.key.lastChild, "title", agent.keyid || false);
  }

  #fact(node, words) {
    if (reveal(node, words)) say(node.lastChild, words);
  }

  #showStreams(agent) {
    const whole = this.view.board.completeness.get(agent.source);
    keyed(this.streams, whole?.streams ?? [], (one) => one.stream,
      () => el("tr", {}, el("th", { scope: "row" }), ...Array.from({ length: 5 }, (_, i) => el("td", { class: i ? "num" : null }))),
      (row, one) => {
        const cells = [one.stream, one.status, count(one.kept), count(one.missing), count(one.lost), count(one.waiting)];
        cells.forEach((words, i) => say(row.children[i], words));
        const isBad = ["missing", "late", "declared lost"].includes(one.status);
        set(row, "data-bad", isBad ? "true" : false);
      });
    reveal(this.streams.closest(".wide-table"), whole);
    const holed = whole?.streams.some((one) => one.missing || one.lost);
    say(this.told, agent.is_unsigned ? "Its messages have no numbers: whether one is missing cannot be told." : !whole ? "How whole it is has not been told yet." : holed ? "What rests on this agent may be wrong: numbers of it are not here." : "Counts are of numbered messages, since the agent was enrolled; what waits is still at the agent.");
  }

  #showMetrics(series) {
    const shown = series.slice(0, METRICS_MAX);
    keyed(this.metrics, shown, keyOf, () => el("gl-metric"), (node, one) => node.show(this.view, one, SPANS[this.#span], this.#span));
    const { state, trouble } = this.view.series;
    const words = state === "loading" ? "Reading which metrics it has."
      : state === "error" ? `Which metrics it has could not be read. ${trouble} The rest does not need it.`
        : !series.length ? "It has told no readings: scanners and seals tell events." : series.length > METRICS_MAX ? `${many(series.length - METRICS_MAX, "more metric")}: explore them.` : "";
    if (reveal(this.note, words)) say(this.note, words);
    reveal(this.spans, series.length);
  }

  #showAlerts({ device, agent }) {
    const { board, now } = this.view;
    const alerts = [...board.alerts.values()].filter((alert) => alert.device === device.device && alert.source === agent.source)
      .sort((a, b) => b.openedMs - a.openedMs);
    keyed(this.alerts, alerts.slice(0, ALERTS_MAX), (alert) => alert.id,
      (alert) => el("li", {}, severity(), el("a", { href: pathTo("desk", { alert: alert.id }), class: "break" }), state(), el("span", { class: "meta" })),
      (node, alert) => {
        showSeverity(node.children[0], alert.severity);
        say(node.children[1], [alert.title, subject(alert.subject)].filter(Boolean).join(", "));
        showState(node.children[2], alert.state);
        say(node.children[3], time(alert.opened_at, now));
      });
    if (reveal(this.noAlerts, !alerts.length || alerts.length > ALERTS_MAX)) say(this.noAlerts, alerts.length ? `${many(alerts.length - ALERTS_MAX, "older one")}: search on the desk.` : "None.");
  }

  #showScans(device) {
    const scans = [...this.view.board.scans.values()].filter((scan) => scan.device === device.device).sort(newest);
    if (!reveal(this.scansBlock, scans.length)) return;
    set(this.allScans, "href", pathTo("scans", { device: device.device }));
    say(this.allScans, `All its ${many(scans.length, "scan")}`);
    keyed(this.scans, scans.slice(0, SCANS_MAX), (scan) => scan.id, () => el("li", {}, thumbnail(), el("span", { class: "meta" })),
      (node, scan) => {
        showThumbnail(node.firstElementChild, scan.picture, scan.detections, scan.is_kept);
        say(node.lastElementChild, `${time(scan.observed_at, this.view.now)}, ${scan.failed ? "failed" : scan.detections.length ? many(scan.detections.length, "box", "boxes") : "nothing found"}`);
      });
  }

  #chose(span) {
    this.#span = span;
    for (const button of this.spans.children) set(button, "aria-pressed", String(button.textContent === span));
    this.view.render();
  }

  /** Another span: one longer, or one shorter. */
  longer(step) {
    const spans = Object.keys(SPANS);
    this.#chose(spans[Math.min(spans.length - 1, Math.max(0, spans.indexOf(this.#span) + step))]);
  }

  /** Go to the explorer with this device's metrics. */
  explore() {
    if (this.view.chosen()) location.assign(this.explorer.href);
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    for (const metric of this.metrics.children) metric.hear(readings);
  }
}

/** The query that shows the first of these series in the explorer. */
function exploring(series, span) {
  const query = new URLSearchParams();
  for (const { device, metric } of series.slice(0, COMPARED_MAX)) { query.append("device", device); query.append("metric", metric); }
  if (!series.length) return "";
  query.set("span", span);
  return `?${query}`;
}
customElements.define("gl-twin", Twin);
