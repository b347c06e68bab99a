// Every picture that the board remembers, behind filters; cards never move while one is chosen.
import { cap, draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { Growing } from "../growing.js";
import { KINDS, newest, passes } from "../sieve.js";
import { count, label, many, subject, time } from "../words.js";
import { severity, showSeverity, showThumbnail, thumbnail } from "./marks.js";
import { pictured } from "../seen.js";
import * as trust from "./trust.js";

/** What the card says of its scan: the kind of outcome, an icon, the words. */
function outcome(scan) {
  if (scan.failed) return { kind: "failed", icon: "cross", words: `Not looked at: ${scan.failed}` };
  const n = scan.detections.length;
  if (!n) return { kind: "nothing", icon: "dash", words: "Nothing found" };
  return { kind: "boxes", icon: "scan", words: `${many(n, "box", "boxes")}: ${[...new Set(scan.detections.map((d) => label(d.label)))].join(", ")}` };
}

export class Gallery extends HTMLElement {
  rows = [];
  waiting = [];
  #filter = { kind: "all", device: "", label: "", search: "" };
  #wanted = []; // ids that pass the filter, the newest first
  #asked = "";
  #growing = new Growing();

  connectedCallback() {
    this.#fromAddress();
    this.sign = trust.sign();
    this.kinds = el("div", { class: "tabs", role: "group", "aria-label": "Which scans" },
      ...Object.entries(KINDS).map(([kind]) => el("button", { type: "button", "data-kind": kind, onclick: () => this.#choose({ kind }) })));
    this.device = el("select", { class: "choice", "aria-label": "Device", onchange: () => this.#choose({ device: this.device.value }) });
    this.label = el("select", { class: "choice", "aria-label": "What the model saw", onchange: () => this.#choose({ label: this.label.value }) });
    this.field = el("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "Subject, device, label", value: this.#filter.search, oninput: () => this.#choose({ search: this.field.value.trim() }) });
    this.fresh = el("button", { class: "fresh", type: "button", hidden: true, onclick: () => this.letIn() }, icon("live"), el("span"), cap("."));
    this.sum = el("span", { class: "meta sum" });
    this.bones = trust.bones("scans", 9);
    this.list = el("ul", { class: "cards scroll", "aria-labelledby": "gallery-title", hidden: true });
    this.empty = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }), el("button", { class: "btn", type: "button", onclick: () => this.#all() }, "Show all scans"));
    this.append(
      el("header", { class: "wraps" }, el("h2", { id: "gallery-title", class: "visually-hidden" }, "Scans"), this.kinds, this.device, this.label, this.sum, this.sign,
        el("label", { class: "field" }, icon("search"), el("span", { class: "visually-hidden" }, "Search scans"), this.field, cap("/"))),
      this.fresh, this.bones, this.list, this.empty);
  }

  #fromAddress() {
    const asked = new URLSearchParams(location.search);
    for (const name of Object.keys(this.#filter)) this.#filter[name] = asked.get(name) ?? this.#filter[name];
    if (!Object.hasOwn(KINDS, this.#filter.kind)) this.#filter.kind = "all";
  }

  show(view) {
    this.view = view;
    const { board } = view;
    this.trust = trust.trustOf(view);
    trust.show(this, this.sign, this.trust);
    reveal(this.bones, !board.isKnown);
    if (!board.isKnown) return;
    this.#sift(board);
    this.#update(Boolean(view.selected || view.opened || this.list.matches(":hover")));
    say(this.sum, `${count(this.rows.length)} of ${many(board.scans.size, "scan")}`);
    reveal(this.list, this.rows.length);
    const standing = this.#growing.rows(view, this.rows.length, this.rows.indexOf(view.selected) + 1);
    const scans = this.rows.slice(0, standing).map((id) => board.scans.get(id)).filter(Boolean);
    this.first = this.rows.includes(view.selected) ? view.selected : this.rows[0];
    keyed(this.list, scans, (scan) => scan.id, (scan) => this.#make(scan.id), (node, scan) => this.#showCard(node, scan));
    this.#showEmpty(board);
    if (reveal(this.fresh, this.waiting.length)) say(this.fresh.children[1], `${this.waiting.length} new, waiting so that nothing moves`);
  }

  // Hundreds of scans are counted and sorted when the board has turned or something else is asked, not with every frame.
  #sift(board) {
    const asked = [board.turn, ...Object.values(this.#filter)].join("\n");
    if (asked === this.#asked) return;
    this.#asked = asked;
    const scans = [...board.scans.values()];
    this.alerts = pictured(board);
    this.#wanted = scans.filter((scan) => passes(scan, this.#filter)).sort(newest).map((scan) => scan.id);
    this.#showFilters(scans);
  }

  // While a card is chosen or a hand is over them the cards stay as they stand.
  #update(isHeld) {
    const { scans } = this.view.board;
    if (isHeld && this.rows.length) {
      const standing = new Set(this.rows);
      this.rows = this.rows.filter((id) => scans.has(id));
      this.waiting = this.#wanted.filter((id) => !standing.has(id));
    } else {
      this.rows = this.#wanted;
      this.waiting = [];
    }
  }

  #showFilters(scans) {
    for (const button of this.kinds.children) {
      const { kind } = button.dataset;
      say(button, `${KINDS[kind].word} ${count(scans.filter((scan) => passes(scan, { ...this.#filter, kind })).length)}`);
      set(button, "aria-pressed", String(kind === this.#filter.kind));
    }
    fill(this.device, "Every device", scans.map((scan) => scan.device), this.#filter.device);
    fill(this.label, "Every label", scans.flatMap((scan) => scan.detections.map((d) => d.label)), this.#filter.label);
  }

  #showEmpty(board) {
    if (!reveal(this.empty, !this.rows.length)) return;
    const [said, means, all] = this.empty.children;
    const { kind, device, label: seen, search } = this.#filter;
    const isNarrow = device || seen || search;
    reveal(all, board.scans.size);
    say(said, board.scans.size === 0 ? KINDS.all.none : isNarrow ? "No scan passes this filter." : KINDS[kind].none);
    const sought = [kind !== "all" && KINDS[kind].word.toLowerCase(), device, seen && label(seen), search && `“${search}”`].filter(Boolean).join(", ");
    say(means, board.scans.size ? `${many(board.scans.size, "scan")} looked through${sought ? ` for ${sought}` : ""}. The screen remembers the newest 500.` : "Scanners show here what passes them, with what the model saw.");
  }

  #make(id) {
    const mark = severity();
    const node = el("li", {}, el("button", { type: "button", class: "card", "data-scan": id, onclick: () => this.view.openScan(id), onfocus: () => this.#focused(id) },
      thumbnail(), el("span", { class: "line" }, el("span", { class: "id strong" }), el("span", { class: "meta when" })),
      el("span", { class: "line found" }, icon("scan"), el("span", {}), mark), el("span", { class: "meta where" })));
    node.querySelector("img").loading = "lazy";
    node.mark = mark;
    return node;
  }

  #focused(id) {
    if (this.view.selected !== id && !this.view.opened) this.view.select(id);
  }

  #showCard(node, scan) {
    const [small, top, found, where] = node.firstElementChild.children;
    const { now, selected } = this.view;
    showThumbnail(small, scan.picture, scan.detections, scan.is_kept);
    const told = outcome(scan);
    set(node.firstElementChild, "data-found", told.kind);
    set(node.firstElementChild, "aria-pressed", String(scan.id === selected));
    set(node.firstElementChild, "tabindex", scan.id === this.first ? "0" : "-1");
    say(top.firstElementChild, scan.subject ? subject(scan.subject) : "no subject");
    say(top.lastElementChild, time(scan.observed_at, now));
    draw(found.firstElementChild, told.icon);
    say(found.children[1], told.words);
    set(found, "title", told.words);
    const alert = this.alerts.get(scan.picture?.sha256);
    if (reveal(node.mark, alert)) showSeverity(node.mark, alert.severity);
    const isAway = scan.picture && !scan.is_kept;
    const trouble = isAway ? "picture on its way" : small.dataset.state === "failed" ? "picture not read: asked for again" : "";
    set(where, "class", trouble ? "trust meta where" : "meta where");
    say(where, trouble || `${scan.device}, ${scan.post}`);
  }

  #choose(change) {
    Object.assign(this.#filter, change);
    this.rows = [];
    this.view?.select(null);
  }

  #all() {
    this.field.value = "";
    this.#choose({ kind: "all", device: "", label: "", search: "" });
  }

  /** The filter, as an address says it. */
  get asked() {
    const { kind, ...rest } = this.#filter;
    return { ...rest, kind: kind === "all" ? "" : kind };
  }

  /** The next kind of scans. */
  nextKind() {
    const kinds = Object.keys(KINDS);
    this.#choose({ kind: kinds[(kinds.indexOf(this.#filter.kind) + 1) % kinds.length] });
  }

  /** Show the scans that wait behind "N new". */
  letIn() {
    this.#update(false);
    this.view.render();
  }

  /** Choose the card `step` further; the first if none is chosen. */
  move(step) {
    const place = this.rows.indexOf(this.view.selected);
    const to = place < 0 ? (step > 0 ? 0 : this.rows.length - 1) : Math.min(this.rows.length - 1, Math.max(0, place + step));
    if (!this.rows[to]) return;
    this.view.select(this.rows[to]);
    this.view.renderNow();
    if (!this.view.opened) this.focusCard();
  }

  /** A row further: as many cards as stand beside each other. */
  moveRow(step) {
    const cards = [...this.list.children];
    const beside = cards.filter((card) => card.offsetTop === cards[0]?.offsetTop).length || 1;
    this.move(this.view.opened || !this.view.selected ? step : step * beside);
  }

  focusCard() {
    [...this.list.querySelectorAll(".card")].find((card) => card.dataset.scan === this.view.selected)?.focus();
  }

  /** End a search; whether there was one. */
  leaveSearch() {
    if (document.activeElement !== this.field && !this.#filter.search) return false;
    this.field.value = "";
    this.field.blur();
    this.#choose({ search: "" });
    return true;
  }
}

// The names in use; the chosen one stays, though nothing has it now.
function fill(select, all, names, chosen) {
  const wanted = [...new Set(chosen ? [...names, chosen] : names)].sort();
  const key = wanted.join("\n");
  if (select.key !== key) {
    select.key = key;
    select.replaceChildren(el("option", { value: "" }, all), ...wanted.map((name) => el("option", { value: name }, label(name))));
  }
  if (select.value !== chosen) select.value = chosen;
}
customElements.define("gl-gallery", Gallery);
