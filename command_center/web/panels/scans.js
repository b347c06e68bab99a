// The latest pictures, newest first: most show nothing, and that is normal.
import { el, icon, keyed, reveal, say, set } from "../dom.js";
import { pathTo } from "../pages.js";
import { newest } from "../sieve.js";
import { many, subject, time } from "../words.js";
import { showThumbnail, thumbnail } from "./marks.js";
import * as trust from "./trust.js";

/** Pictures on the strip; the board remembers more. */
const SHOWN_MAX = 24;

const found = (scan) => {
  if (scan.failed) return `not looked at: ${scan.failed}`;
  if (!scan.is_kept && scan.picture) return `${scan.detections.length ? many(scan.detections.length, "box", "boxes") : "nothing"}, on its way`;
  return scan.detections.length ? many(scan.detections.length, "box", "boxes") : "nothing found";
};

export class Scans extends HTMLElement {
  #rows = [];

  connectedCallback() {
    this.sign = trust.sign();
    this.fresh = el("button", { class: "btn plain push", type: "button", hidden: true, onclick: () => { this.#rows = []; this.view.render(); } });
    this.bones = trust.bones("scans", 3);
    this.list = el("ul", { class: "strip-of-scans", hidden: true });
    this.empty = el("div", { class: "mid", hidden: true }, el("p", {}, "No picture has been scanned yet."), el("p", { class: "meta" }, "Scanners show here what passes them, with what the model saw."));
    this.append(el("header", {}, el("h2", { id: "scans-title" }, "Scans"), this.fresh, this.sign, el("a", { class: "way", href: pathTo("scans") }, "All scans")), this.bones, this.list, this.empty);
  }

  show(view) {
    this.view = view;
    trust.show(this, this.sign, trust.trustOf(view));
    const { board } = view;
    reveal(this.bones, !board.isKnown);
    const latest = [...board.scans.values()].sort(newest).slice(0, SHOWN_MAX).map((scan) => scan.id);
    // While a hand or the keys are on the strip, nothing moves.
    const isHeld = this.#rows.length && (this.list.matches(":hover") || this.list.contains(document.activeElement));
    const waiting = isHeld ? latest.filter((id) => !this.#rows.includes(id)).length : 0;
    if (!isHeld) this.#rows = latest;
    if (reveal(this.fresh, waiting)) say(this.fresh, `${waiting} new`);
    reveal(this.list, board.isKnown && this.#rows.length);
    reveal(this.empty, board.isKnown && !this.#rows.length);
    const scans = this.#rows.map((id) => board.scans.get(id)).filter(Boolean);
    keyed(this.list, scans, (scan) => scan.id, (scan) => this.#make(scan.id), (node, scan) => this.#showScan(node, scan));
  }

  #make(id) {
    return el("li", {}, el("button", { type: "button", class: "one-scan", "data-scan": id, onclick: () => this.view.openScan(id) },
      thumbnail(), el("span", { class: "id" }), el("span", { class: "meta" }), el("span", { class: "meta found" }, icon("scan"), el("span"))));
  }

  #showScan(node, scan) {
    const [small, name, when, what] = node.firstElementChild.children;
    showThumbnail(small, scan.picture, scan.detections, scan.is_kept);
    say(name, scan.subject ? subject(scan.subject) : scan.device);
    say(when, time(scan.observed_at, this.view.now));
    reveal(what.firstElementChild, scan.detections.length);
    say(what.lastElementChild, found(scan));
    set(what, "title", found(scan));
    set(node.firstElementChild, "data-found", scan.failed ? "failed" : scan.detections.length ? "boxes" : "nothing");
  }
}
customElements.define("gl-scans", Scans);
