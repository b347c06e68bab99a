// Administration: who may sign in, which programs read alerts, who is told of them, and who changed that.
import { el, reveal, say, set } from "./dom.js";
import { Page } from "./page.js";
import { remember } from "./steps.js";
import "./panels/officers.js";
import "./panels/records.js";
import "./panels/subscribers.js";
import "./panels/tokens.js";

/** Lists are read anew so often while one looks at them, in ms. */
const AGAIN_MS = 5_000;
const TABS = { officers: "Officers", tokens: "Tokens", subscribers: "Subscribers", records: "Record" };

const KEYS = {
  t: [(v) => v.turn(1), "Next list", "List"],
  j: [(v) => v.roster.move(1), "Next row", "List"],
  k: [(v) => v.roster.move(-1), "Row before", "List"],
  n: [(v) => v.roster.begin?.(), "New", "List"],
};

class Admin extends Page {
  constructor() {
    super(...Object.keys(TABS).map((tab) => `gl-${tab}`));
    const asked = new URLSearchParams(location.search).get("tab");
    this.tab = Object.hasOwn(TABS, asked) ? asked : "officers";
    this.tabs = document.querySelector("#tabs");
    this.tabs.append(...Object.entries(TABS).map(([tab, word]) => el("button", { type: "button", "data-tab": tab, onclick: () => this.choose(tab) }, word)));
    setInterval(() => this.#again(), AGAIN_MS);
  }

  /** The list that is shown. */
  get roster() {
    return document.querySelector(`gl-${this.tab}`);
  }

  began() {
    this.roster.load(this);
  }

  choose(tab) {
    this.tab = tab;
    remember({ tab: tab === "officers" ? "" : tab });
    this.roster.load(this);
    this.renderNow();
  }

  turn(step) {
    const tabs = Object.keys(TABS);
    this.choose(tabs[(tabs.indexOf(this.tab) + step + tabs.length) % tabs.length]);
  }

  #again() {
    if (!document.hidden && this.live.state === "live" && !document.querySelector("dialog[open]")) this.roster.load(this);
  }

  draw() {
    for (const button of this.tabs.children) {
      const { tab } = button.dataset;
      const { rows } = document.querySelector(`gl-${tab}`);
      say(button, rows && tab !== "records" ? `${TABS[tab]} ${rows.length}` : TABS[tab]);
      set(button, "aria-pressed", String(tab === this.tab));
    }
    const [top, ...rosters] = this.panels;
    top.show(this);
    for (const roster of rosters) if (reveal(roster, roster === this.roster)) roster.show(this);
  }

  search() {
    this.roster.search.field.focus();
  }

  leave() {
    if (!this.roster.search.leave()) document.activeElement?.blur?.();
  }
}

new Admin().start(KEYS, []);
