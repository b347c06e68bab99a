// The desk: what waits for an officer, and everything needed to judge it; holds what is selected and opened.
import { reveal, set } from "./dom.js";
import { ACTS, PICTURE } from "./keys.js";
import { Page } from "./page.js";
import { pathOf } from "./panels/marks.js";
import { alertOf, seenOf } from "./seen.js";
import "./panels/actbar.js";
import "./panels/agents.js";
import "./panels/alerts.js";
import "./panels/chart.js";
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
  ...ACTS,
  ...PICTURE,
};

const find = (selector) => document.querySelector(selector);

class Desk extends Page {
  constructor() {
    super("gl-alerts", "gl-viewer", "gl-why", "gl-agents", "gl-scans", "gl-chart");
    this.list = find("gl-alerts");
    this.viewer = find("gl-viewer");
    this.chart = find("gl-chart");
  }

  /** The alert that the address names is opened, once. */
  began() {
    const id = new URLSearchParams(location.search).get("alert");
    if (!id) return;
    history.replaceState(null, "", "/");
    if (this.board.alerts.has(id)) this.openAlert(id);
  }

  readings(readings) {
    this.chart.hear(readings);
  }

  draw() {
    const seen = this.seen();
    if (this.opened && !seen) this.opened = null;
    const mode = seen ? (seen.picture ? "picture" : "words") : null;
    const main = find("#main");
    // On a phone what was opened starts at its top, wherever in the list one was.
    if (mode && main.dataset.open === undefined) scrollTo(0, 0);
    set(main, "data-open", mode);
    reveal(this.list, mode !== "picture");
    reveal(this.viewer, mode === "picture");
    reveal(find("gl-why"), mode);
    for (const name of ["gl-agents", "gl-scans", "gl-chart"]) reveal(find(name), !mode);
    for (const panel of this.panels) if (!panel.hidden || panel === this.list) panel.show(this);
    if (this.viewer.hidden) this.viewer.rest();
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
