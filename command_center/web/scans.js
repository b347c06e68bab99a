// The gallery of scans, and the viewer into which it opens.
import { reveal, set } from "./dom.js";
import { ACTS, PICTURE } from "./keys.js";
import { OUT_OF_SIGHT, Page } from "./page.js";
import { pathOf } from "./panels/marks.js";
import { alertOf, seenOf } from "./seen.js";
import { remember } from "./steps.js";
import { toast } from "./toast.js";
import "./panels/actbar.js";
import "./panels/gallery.js";
import "./panels/viewer.js";
import "./panels/why.js";

/** Pictures that are fetched before they are asked for. */
const AHEAD = 2;

const KEYS = {
  j: [(v) => v.gallery.move(1), "Next scan", "List"],
  k: [(v) => v.gallery.move(-1), "Previous scan", "List"],
  ArrowRight: [(v) => v.gallery.move(1), "", "List"],
  ArrowLeft: [(v) => v.gallery.move(-1), "", "List"],
  ArrowDown: [(v) => v.gallery.moveRow(1), "A row down", "List"],
  ArrowUp: [(v) => v.gallery.moveRow(-1), "A row up", "List"],
  Enter: [(v) => v.selected && v.openScan(v.selected), "Open the scan", "List"],
  f: [(v) => !v.opened && v.gallery.nextKind(), "Next filter", "List"],
  ".": [(v) => v.gallery.letIn(), "Show new ones that wait", "List"],
  ...PICTURE,
  ...ACTS,
};

const find = (selector) => document.querySelector(selector);

class Scans extends Page {
  constructor() {
    super("gl-gallery", "gl-viewer", "gl-why");
    this.gallery = find("gl-gallery");
    this.viewer = find("gl-viewer");
  }

  /** The scan that the address names is opened. */
  began() {
    this.openAsked(new URLSearchParams(location.search));
  }

  openAsked(asked) {
    const scan = asked.get("scan");
    if (this.board.scans.has(scan)) this.openScan(scan);
    else if (scan) toast.tell(OUT_OF_SIGHT, "refused");
    return Boolean(scan);
  }

  draw() {
    const isOpen = Boolean(this.seen());
    if (!isOpen) this.opened = null;
    const isNew = isOpen && find("#main").dataset.open === undefined;
    const hasPicture = Boolean(this.seen()?.picture);
    set(find("#main"), "data-open", isOpen ? (hasPicture ? "picture" : "words") : null);
    reveal(this.gallery, !isOpen || !hasPicture);
    reveal(this.viewer, isOpen && hasPicture);
    reveal(find("gl-why"), isOpen);
    for (const panel of this.panels) if (!panel.hidden || panel === this.gallery) panel.show(this);
    if (this.viewer.hidden) this.viewer.rest();
    if (this.board.isKnown) remember({ ...this.gallery.asked, ...this.opened }, isOpen);
    if (isNew) this.enter();
  }

  /** The opened scan, as its alert if it raised one. */
  seen() {
    const scan = this.opened && this.board.scans.get(this.opened.scan);
    const alert = alertOf(this.board, scan);
    return seenOf(this.board, alert ? { alert: alert.id } : this.opened);
  }

  select(id) {
    this.selected = id;
    if (this.opened) this.opened = id ? { scan: id } : null;
    this.render();
  }

  openScan(id) {
    this.selected = id;
    this.opened = { scan: id };
    this.render();
  }

  close() {
    this.opened = null;
    this.renderNow();
    this.gallery.focusCard();
  }

  search() {
    if (this.opened) this.close();
    this.gallery.field.focus();
  }

  leave() {
    if (this.gallery.leaveSearch() && !this.opened) return;
    if (this.opened) return void this.close();
    this.select(null);
    document.activeElement?.blur?.();
  }

  /** Fetch the next pictures before they are asked for. */
  ahead() {
    const rows = this.gallery.rows;
    const next = rows.slice(rows.indexOf(this.selected) + 1).map((id) => this.board.scans.get(id)).filter((scan) => scan?.picture && scan.is_kept).slice(0, AHEAD);
    for (const scan of next) new Image().src = pathOf(scan.picture);
  }
}

new Scans().start(KEYS);
