// The alert list: rows that never move under the hand, the selected one opened in place.
import { Order, TABS } from "../order.js";
import { cap, el, icon, keyed, reveal, say, set } from "../dom.js";
import { Growing } from "../growing.js";
import { ENROL, age, many, subject, time } from "../words.js";
import { fate, fateLine, showFate } from "./actbar.js";
import { officerOf, severity, showSeverity, showState, state } from "./marks.js";
import { isSimulated, showSight, sightOf, toldWords } from "./sight.js";
import * as trust from "./trust.js";

/** Rows on the screen; beyond it the list says so. */
const ROWS_MAX = 200;
/** Characters of a detail that a row shows at 1440 px. */
const DETAIL_FITS = 56;
/** A pointer that moved over the rows holds them for so long, in ms: nobody shall hit the wrong one. */
const HAND_MS = 3_000;

export class Alerts extends HTMLElement {
  order = new Order();
  tab = "live";
  #growing = new Growing();
  #handAt = 0; // when a pointer last moved over the rows
  search = "";

  connectedCallback() {
    this.sign = trust.sign();
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Which alerts" },
      ...Object.entries(TABS).map(([tab, { word }]) => el("button", {
        role: "tab", type: "button", id: `tab-${tab}`, "data-tab": tab, "aria-controls": "alert-rows",
        onclick: () => this.choose(tab), onkeydown: (event) => this.#alongTabs(event),
      }, word)));
    this.field = el("input", { id: "search", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "Subject, post, rule", oninput: () => this.#searched() });
    this.fresh = el("button", { class: "fresh", type: "button", hidden: true, onclick: () => this.letIn() },
      icon("live"), el("span"), cap("."));
    this.body = el("tbody", { onpointermove: () => { this.#handAt = Date.now(); } });
    this.empty = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }));
    this.more = el("p", { class: "meta beyond", hidden: true });
    this.bones = trust.bones("alerts", 9);
    this.table = el("table", { role: "grid", "aria-labelledby": "alerts-title", hidden: true },
      el("colgroup", {}, ...["sev", "", "subject", "state", "age"].map((name) => el("col", name ? { class: `c-${name}` } : {}))),
      el("thead", {}, el("tr", {}, ...["Severity", "Alert", "Subject, place", "State, officer"].map((word) => el("th", { scope: "col" }, word)), el("th", { scope: "col", class: "num" }, "Age"))),
      this.body);
    this.append(
      el("header", {}, el("h2", { id: "alerts-title", class: "visually-hidden" }, "Alerts"), this.tabs, this.sign,
        el("label", { class: "field" }, icon("search"), el("span", { class: "visually-hidden" }, "Search alerts"), this.field, cap("/"))),
      this.fresh, this.bones,
      el("div", { class: "scroll", id: "alert-rows", role: "tabpanel", "aria-labelledby": "tab-live", tabindex: "-1" }, this.table, this.more),
      this.empty);
  }

  /** Show another tab. */
  choose(tab) {
    this.tab = tab;
    this.order.rows = [];
    this.view.select(null);
  }

  /** Show the alerts that wait behind "N new". */
  letIn() {
    const before = this.view.selected;
    this.#update(false);
    this.view.select(this.order.rows.includes(before) ? before : null);
    if (this.view.selected) this.focusRow();
  }

  /** Select the row `step` further; the first one if none is selected. */
  move(step) {
    this.view.settle();
    const rows = this.order.rows.slice(0, ROWS_MAX);
    const here = rows.indexOf(this.view.selected);
    const to = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + step));
    if (rows[to]) this.view.select(rows[to]);
    this.focusRow();
  }

  /** Put the keys on the selected row. */
  focusRow() {
    this.view.settle();
    const row = this.body.querySelector('tr.row[aria-selected="true"]');
    row?.focus({ preventScroll: true });
    (row?.nextElementSibling ?? row)?.scrollIntoView({ block: "nearest" });
    row?.scrollIntoView({ block: "nearest" });
  }

  show(view) {
    this.view = view;
    trust.show(this, this.sign, trust.trustOf(view));
    reveal(this.bones, !view.board.isKnown);
    if (!view.board.isKnown) return;
    const isHandOn = this.body.matches(":hover") && Date.now() - this.#handAt < HAND_MS;
    this.#update(view.selected !== null || view.opened !== null || isHandOn);
    this.#showTabs();
    const rows = this.#rowsOf(view);
    this.first = view.selected ?? rows[0]?.id;
    const items = rows.flatMap((alert) => (alert.id === view.selected ? [{ alert }, { alert, isMore: true }] : [{ alert }]));
    keyed(this.body, items, (item) => item.alert.id + (item.isMore ? "/more" : ""),
      (item) => (item.isMore ? this.#makeMore() : this.#makeRow(item.alert)),
      (node, item) => (item.isMore ? this.#showMore(node, item.alert) : this.#showRow(node, item.alert)));
    reveal(this.table, rows.length);
    this.#showAround(rows);
  }

  #update(isHeld) {
    const { board } = this.view;
    this.order.update(board, { tab: this.tab, search: this.search, me: board.me?.name, isHeld });
  }

  // A few more with each frame, until all that are drawn at most stand there; the selected one at once.
  #rowsOf({ board, selected }) {
    const ids = this.order.rows.slice(0, ROWS_MAX);
    const standing = this.#growing.rows(this.view, ids.length, ids.indexOf(selected) + 1);
    return ids.slice(0, standing).map((id) => board.alerts.get(id));
  }

  #showTabs() {
    for (const button of this.tabs.children) {
      const { tab } = button.dataset;
      say(button, `${TABS[tab].word} ${this.order.counts[tab]}`);
      set(button, "aria-selected", String(tab === this.tab));
      set(button, "tabindex", tab === this.tab ? "0" : "-1");
    }
    set(this.querySelector("#alert-rows"), "aria-labelledby", `tab-${this.tab}`);
  }

  #showAround(rows) {
    const n = this.order.waiting.length;
    if (reveal(this.fresh, n)) say(this.fresh.children[1], `${n} new, waiting so that nothing moves`);
    const beyond = this.order.rows.length - ROWS_MAX;
    const { leftOut } = this.view.board;
    const words = [beyond > 0 && `${many(beyond, "more alert")}: search to see them.`, leftOut && `${many(leftOut, "open alert")} found no room on this screen; the gateway has them.`];
    if (reveal(this.more, words.some(Boolean))) say(this.more, words.filter(Boolean).join(" "));
    if (!reveal(this.empty, !rows.length)) return;
    const [said, means] = this.empty.children;
    const { board, now } = this.view;
    const alive = [...board.agents.values()].filter((agent) => agent.state === "alive").length;
    const latest = [...board.alerts.values()].reduce((a, b) => (!a || Date.parse(b.changed_at) > Date.parse(a.changed_at) ? b : a), null);
    if (this.search) {
      say(said, `No alert has “${this.search}” in it.`);
      say(means, `${many(board.alerts.size, "alert")} looked through. Esc ends the search.`);
    } else {
      say(said, { live: "Nothing waits for an officer.", unseen: "Every alert has an officer.", mine: "You have taken nothing.", done: "Nothing has been resolved yet." }[this.tab]);
      const agents = board.agents.size ? `${alive} of ${many(board.agents.size, "agent")} alive.` : `No agent has been heard yet. ${ENROL}.`;
      say(means, latest ? `${agents} Last alert changed ${time(latest.changed_at, now)}.` : agents);
    }
  }

  #makeRow(alert) {
    const { id } = alert;
    const row = el("tr", { class: "row", "data-id": id, onclick: () => this.#clicked(id), ondblclick: () => this.view.openAlert(id) });
    row.parts = {
      severity: severity(), title: el("span", { class: "title" }), detail: el("span"), times: el("span", { class: "times" }),
      subject: el("span", { class: "id" }), place: el("span"), state: state(), who: el("span", { class: "who" }), fate: fateLine(), age: el("span", { onpointerenter: () => this.#tellWhen(row) }),
    };
    const p = row.parts;
    row.append(el("td", {}, p.severity), el("td", {}, el("div", { class: "two" }, el("span", {}, p.title, p.times), p.detail)),
      el("td", {}, el("div", { class: "two" }, p.subject, p.place)),
      el("td", {}, el("div", { class: "two" }, el("span", {}, p.state), p.who, p.fate)), el("td", { class: "num" }, p.age));
    return row;
  }

  // A second click lets go of the row, and of what waits.
  #clicked(id) {
    const isSame = this.view.selected === id && !this.view.opened;
    this.view.select(isSame ? null : id);
  }

  #showRow(row, alert) {
    const { board, now, selected } = this.view;
    const p = row.parts;
    const isHere = alert.id === selected;
    set(row, "aria-selected", String(isHere));
    set(row, "tabindex", alert.id === this.first ? "0" : "-1");
    row.classList.toggle("unseen", alert.state === "open");
    row.classList.toggle("settled", !["open", "in progress"].includes(alert.state));
    showSeverity(p.severity, alert.severity);
    say(p.title, alert.title);
    say(p.times, alert.times > 1 ? ` × ${alert.times}` : "");
    say(p.detail, (alert.is_active ? "" : "Over by itself. ") + alert.detail);
    say(p.subject, subject(alert.subject) || alert.device);
    const { device } = board.device(alert.device, alert.source);
    say(p.place, device?.lane ? `${alert.post} lane ${device.lane.replace(/^lane\s*/i, "")}` : `${alert.post}, ${alert.device}`);
    showState(p.state, alert.state);
    say(p.who, officerOf(alert) || (alert.state === "open" ? "no one yet" : ""));
    const told = fate(this.view, alert);
    showFate(p.fate, told && { ...told, words: told.words.split(". ")[0] });
    reveal(p.who, !told);
    say(p.age, age(now - alert.openedMs));
  }

  // The local time takes longer than all the rest of a row: it is made out where somebody points.
  #tellWhen(row) {
    const { opened_at: at } = this.view.board.alerts.get(row.dataset.id);
    set(row.parts.age, "title", `Seen ${time(at, this.view.now)}, here ${new Date(at).toLocaleString()}`);
  }

  #makeMore() {
    const detail = el("p", { class: "quiet break" });
    const sight = sightOf();
    const told = el("p", { class: "meta told" });
    const acts = el("gl-acts", { open: true });
    const row = el("tr", { class: "more" }, el("td", { colspan: "5" }, detail, sight, told, acts));
    row.parts = { detail, sight, told, acts };
    return row;
  }

  #showMore(row, alert) {
    // Only what the row cuts off: the same words twice help nobody.
    if (reveal(row.parts.detail, alert.detail.length > DETAIL_FITS)) say(row.parts.detail, alert.detail);
    showSight(row.parts.sight, this.view, alert);
    say(row.parts.told, `${isSimulated(this.view, alert) ? "Simulated. " : ""}${toldWords(alert, this.view.now)}`);
    row.parts.acts.show(this.view, alert);
  }

  #searched() {
    this.search = this.field.value.trim();
    this.order.rows = [];
    this.view.select(null);
  }

  #alongTabs(event) {
    const names = Object.keys(TABS);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose(names[(names.indexOf(this.tab) + step + names.length) % names.length]);
    this.view.renderNow();
    this.querySelector(`#tab-${this.tab}`).focus();
  }
}
customElements.define("gl-alerts", Alerts);
