// Every device of every agent, what is lost first; the chosen one is shown beside.
import { draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { Growing } from "../growing.js";
import { pathTo } from "../pages.js";
import { inOrder } from "../plan.js";
import { ENROL, age, capital, count, many } from "../words.js";
import { unsigned } from "./marks.js";
import { Search } from "./search.js";
import * as trust from "./trust.js";

/** Rows on the screen; beyond it the list says so. */
const ROWS_MAX = 200;
const TABS = { all: "All", lost: "Lost", silent: "Agent silent" };

/** A device stands behind an agent; two agents may call theirs the same. */
export const keyOf = ({ source }, { device }) => `${source}\n${device}`;
const holds = {
  all: () => true,
  lost: ({ device }) => !device.is_found,
  silent: ({ agent }) => agent.state !== "alive",
};
const byNeed = (a, b) => a.device.is_found - b.device.is_found || (a.agent.state === "alive") - (b.agent.state === "alive")
  || inOrder(a.agent.source, b.agent.source) || inOrder(a.device.device, b.device.device);

/** `lane 3`, however the device calls it. */
export const laneWords = (lane) => lane && (/lane/i.test(lane) ? lane : `lane\u00a0${lane}`); // its number never stands alone on a line

/** What people call it; the plate says that it is unsigned. */
export const titleOf = ({ title, family }) => title.replace(/, unsigned$/, "") || family;

/** How a device fares, as the screen can tell: the icon, the words, and whether it is to be trusted. */
export function fareOf({ device, agent }, now) {
  const since = device.since ? `, ${age(now - Date.parse(device.since))}` : "";
  if (!device.is_found) return { icon: "hole", words: `lost${since}`, isGood: false };
  if (agent.state !== "alive") return { icon: "hole", words: `agent ${agent.state}`, isGood: false };
  // Nobody says up to when a device that is not ours has told all.
  if (agent.is_unsigned) return { icon: "live", words: "heard", isGood: true };
  const lag = device.said_up_to ? `${age(now - Date.parse(device.said_up_to))} ago` : "found";
  return { icon: "live", words: lag, isGood: true };
}

export class Devices extends HTMLElement {
  rows = [];
  #tab = "all";
  #all = [];
  #wanted = [];
  #asked = "";
  #growing = new Growing();

  connectedCallback() {
    this.sign = trust.sign();
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": "Which devices" },
      ...Object.keys(TABS).map((tab) => el("button", { type: "button", "data-tab": tab, onclick: () => { this.#tab = tab; this.view.render(); } })));
    this.search = new Search("devices", "Device, title, agent", () => this.view.render());
    this.bones = trust.bones("devices", 9);
    this.list = el("ul", { class: "device-rows scroll", "aria-labelledby": "devices-title", hidden: true });
    this.more = el("p", { class: "meta beyond", hidden: true });
    this.empty = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }));
    this.append(
      el("header", { class: "wraps" }, el("h2", { id: "devices-title", class: "visually-hidden" }, "All devices"), this.tabs, this.sign, this.search.label),
      this.bones, this.list, this.more, this.empty);
  }

  show(view) {
    this.view = view;
    const { board } = view;
    trust.show(this, this.sign, trust.trustOf(view));
    reveal(this.bones, !board.isKnown);
    if (!board.isKnown) return;
    this.#sort(board);
    const rows = this.#wanted;
    this.rows = this.#atMost(rows);
    reveal(this.list, rows.length);
    if (reveal(this.more, rows.length > this.rows.length)) say(this.more, `${many(rows.length - this.rows.length, "more device", "more devices")}: search to see them.`);
    const n = this.#growing.rows(view, this.rows.length);
    const standing = this.rows.filter((row, place) => place < n || this.#isChosen(row));
    keyed(this.list, standing, (row) => row.key, (row) => this.#make(row), (node, row) => this.#showRow(node, row));
    this.#showEmpty(rows, this.#all, board);
  }

  // Five thousand devices are counted and sorted when the board has turned or something else is asked, not with every frame.
  #sort(board) {
    const asked = [board.turn, this.#tab, this.search.words, Boolean(this.view.selected)].join("\n");
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#all = [...board.agents.values()].flatMap((agent) => agent.devices.map((device) => ({ key: keyOf(agent, device), agent, device })));
    for (const button of this.tabs.children) {
      const { tab } = button.dataset;
      say(button, `${TABS[tab]} ${count(this.#all.filter(holds[tab]).length)}`);
      set(button, "aria-pressed", String(tab === this.#tab));
    }
    this.#wanted = this.#inOrder(this.#all.filter((row) => holds[this.#tab](row) && this.#matches(row)));
  }

  // The chosen one is on the list, wherever it stands.
  #atMost(rows) {
    const shown = rows.slice(0, ROWS_MAX);
    const isChosen = (row) => this.#isChosen(row);
    const chosen = this.view.selected && !shown.some(isChosen) && rows.find(isChosen);
    return chosen ? [...shown.slice(0, -1), chosen] : shown;
  }

  // The order stands while a device is chosen: the list must not jump when one is lost.
  #inOrder(rows) {
    const known = new Map(this.rows.map((row, i) => [row.key, i]));
    if (!this.view.selected || !known.size) return rows.sort(byNeed);
    const place = ({ key }) => known.get(key) ?? known.size;
    return rows.sort((a, b) => place(a) - place(b) || byNeed(a, b));
  }

  #matches({ agent, device }) {
    return this.search.finds(() => [device.device, device.title, device.family, device.lane, device.reason, agent.source, agent.is_unsigned ? "unsigned" : ""]);
  }

  #showEmpty(rows, all, board) {
    if (!reveal(this.empty, !rows.length)) return;
    const [said, means] = this.empty.children;
    say(said, this.search.words ? `No device has “${this.search.words}” in it.` : { all: "No device has been heard of yet.", lost: "No device is lost.", silent: "No agent is silent." }[this.#tab]);
    const agents = [...board.agents.values()];
    say(means, all.length || agents.length
      ? `${many(all.length, "device")} behind ${many(agents.length, "agent")}, ${agents.filter((agent) => agent.state === "alive").length} of them alive.`
      : `${ENROL}: its devices appear here by themselves.`);
  }

  #make({ agent, device }) {
    const node = el("li", {}, el("a", { class: "device-row", href: pathTo("devices", { device: device.device, source: agent.source }), onclick: (event) => this.#clicked(event, agent, device) },
      icon("live"), el("span", { class: "two" }, el("span", { class: "id strong" }), el("span")), unsigned(), el("span", { class: "two right" }, el("span"), el("span", { class: "id" }))));
    return node;
  }

  #clicked(event, agent, device) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.view.choose(agent.source, device.device);
    if (matchMedia("(max-width: 1180px)").matches) { this.view.twin.scrollIntoView(); this.view.twin.focus(); }
  }

  #showRow(node, row) {
    const { agent, device } = row;
    const [glyph, left, plate, right] = node.firstElementChild.children;
    const fare = fareOf(row, this.view.now);
    set(node.firstElementChild, "aria-current", this.#isChosen(row) ? "true" : false);
    set(node.firstElementChild, "data-good", String(fare.isGood));
    draw(glyph, fare.icon);
    reveal(plate, agent.is_unsigned);
    say(left.firstElementChild, device.device);
    say(left.lastElementChild, capital([laneWords(device.lane), titleOf(device)].filter(Boolean).join(", ")));
    say(right.firstElementChild, fare.words);
    say(right.lastElementChild, agent.source);
  }

  #isChosen({ key }) {
    return key === this.view.selected;
  }

  /** Choose the device `step` further. */
  move(step) {
    const place = this.rows.findIndex((row) => this.#isChosen(row));
    const to = this.rows[place < 0 ? (step > 0 ? 0 : this.rows.length - 1) : Math.min(this.rows.length - 1, Math.max(0, place + step))];
    if (!to) return;
    this.view.choose(to.agent.source, to.device.device);
    this.list.querySelector("[aria-current]")?.focus();
  }
}
customElements.define("gl-devices", Devices);
