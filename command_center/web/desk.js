// The desk: what waits for an officer, and everything needed to judge it; holds what is selected and opened.
import { chosenPost } from "./chosen.js";
import { reveal, set } from "./dom.js";
import { ACTS, PICTURE } from "./keys.js";
import { OUT_OF_SIGHT, Page } from "./page.js";
import { pathOf } from "./panels/marks.js";
import { SIDES, keepSide, lastSide } from "./panels/sides.js";
import { plan } from "./plan.js";
import { alertOf, seenOf } from "./seen.js";
import { remember } from "./steps.js";
import { toast } from "./toast.js";
import "./panels/actbar.js";
import "./panels/agents.js";
import "./panels/alerts.js";
import "./panels/chart.js";
import "./panels/lanes.js";
import "./panels/map.js";
import "./panels/scans.js";
import "./panels/viewer.js";
import "./panels/why.js";

/** Pictures that are fetched before they are asked for. */
const AHEAD = 2;

const KEYS = {
  j: [(v) => v.list.move(1), "Next alert", "List"],
  k: [(v) => v.list.move(-1), "Previous alert", "List"],
  Enter: [(v) => v.selected && v.openAlert(v.selected), "Open the alert", "List"],
  ".": [(v) => v.list.letIn(), "Show new ones that wait", "List"],
  m: [(v) => v.nextSide(), "Lanes, map or agents", "Beside"],
  ...ACTS,
  ...PICTURE,
};

const find = (selector) => document.querySelector(selector);

class Desk extends Page {
  constructor() {
    super("gl-alerts", "gl-viewer", "gl-why", ...Object.keys(SIDES).map((side) => `gl-${side}`), "gl-scans", "gl-chart");
    this.side = lastSide();
    this.post = "";
    this.isPostByHand = false;
    this.list = find("gl-alerts");
    this.viewer = find("gl-viewer");
    this.chart = find("gl-chart");
    this.map = find("gl-map");
  }

  /** What the address names is opened, the words that it names are searched for, once. */
  began() {
    const asked = new URLSearchParams(location.search);
    if (asked.get("search")) this.searchFor(asked.get("search"));
    this.openAsked(asked);
  }

  openAsked(asked) {
    const [alert, scan] = [asked.get("alert"), asked.get("scan")];
    if (this.board.alerts.has(alert)) this.openAlert(alert);
    else if (this.board.scans.has(scan)) this.openScan(scan);
    else if (alert) toast.tell("The alert of this link is not on this desk: it was closed long ago, or its post is not one of yours.", "refused");
    else if (scan) toast.tell(OUT_OF_SIGHT, "refused");
    return Boolean(alert || scan);
  }

  readings(readings) {
    this.chart.hear(readings);
    this.map.hear(readings);
  }

  /** The post whose lanes are shown. */
  postOf(posts) {
    this.post = chosenPost(posts, this.post, this.isPostByHand);
    return this.post;
  }

  /** Show the lanes of this post. */
  choosePost(post) {
    this.post = post;
    this.isPostByHand = true;
    this.chooseSide("lanes");
  }

  /** Show lanes, map or agents beside the alerts. */
  chooseSide(side) {
    const hadFocus = document.activeElement?.closest(".sides, .marks, .rest");
    this.side = side;
    keepSide(side);
    this.renderNow();
    // What was pressed is hidden now: its like in the panel that came has the focus.
    if (hadFocus) find(`gl-${side} [data-side="${side}"]`).focus();
  }

  nextSide() {
    const all = Object.keys(SIDES);
    if (!this.opened) this.chooseSide(all[(all.indexOf(this.side) + 1) % all.length]);
  }

  /** Narrow the list to what has these words in it. */
  searchFor(words) {
    this.list.field.value = words;
    this.list.search = words;
    this.select(null);
    this.list.field.scrollIntoView({ block: "nearest" });
    this.render();
  }

  draw() {
    const seen = this.seen();
    if (this.opened && !seen) this.opened = null;
    const mode = seen ? (seen.picture ? "picture" : "words") : null;
    const isNew = mode && find("#main").dataset.open === undefined;
    set(find("#main"), "data-open", mode);
    reveal(this.list, mode !== "picture");
    reveal(this.viewer, mode === "picture");
    reveal(find("gl-why"), mode);
    for (const name of ["gl-scans", "gl-chart"]) reveal(find(name), !mode);
    for (const side of Object.keys(SIDES)) reveal(find(`gl-${side}`), !mode && side === this.side);
    if (this.board.isKnown) this.postOf(plan(this.board));
    for (const panel of this.panels) if (!panel.hidden || panel === this.list) panel.show(this);
    if (this.viewer.hidden) this.viewer.rest();
    if (this.board.isKnown) remember({ ...this.opened }, Boolean(this.opened));
    if (isNew) this.enter();
  }

  seen() {
    return seenOf(this.board, this.opened);
  }

  select(id) {
    this.selected = id;
    if (this.opened) this.opened = id ? { alert: id } : null;
    this.render();
  }

  openAlert(id) {
    this.selected = id;
    this.opened = { alert: id };
    this.render();
  }

  /** Open a scan: as its alert, if it raised one. */
  openScan(id) {
    const alert = alertOf(this.board, this.board.scans.get(id));
    if (alert) return this.openAlert(alert.id);
    this.opened = { scan: id };
    return this.render();
  }

  close() {
    this.opened = null;
    this.renderNow();
    if (this.selected) this.list.focusRow();
  }

  search() {
    if (this.opened) this.close();
    this.list.field.focus();
  }

  /** One step out: of the search, of what is opened, of the selection. */
  leave() {
    const { field } = this.list;
    if (document.activeElement === field || this.list.search) {
      field.value = "";
      this.list.search = "";
      field.blur();
      this.select(this.selected);
      if (!this.opened) return;
    }
    if (this.opened) return void this.close();
    this.select(null);
    document.activeElement?.blur?.();
  }

  /** Fetch the next pictures before they are asked for. */
  ahead() {
    const { rows } = this.list.order;
    const place = rows.indexOf(this.selected);
    const next = rows.slice(place + 1).map((id) => this.board.alerts.get(id)?.picture).filter(Boolean).slice(0, AHEAD);
    for (const picture of next) new Image().src = pathOf(picture);
  }

  current() {
    const id = this.opened?.alert ?? (this.opened ? null : this.selected);
    return (id && this.board.alerts.get(id)) || null;
  }
}

new Desk().start(KEYS);
