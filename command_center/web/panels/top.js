// The bar and the situation line: what waits, whether the line lives, what time it is.
import { draw, el, icon, reveal, say, set } from "../dom.js";
import { PAGES, here } from "../pages.js";
import { situation } from "../situation.js";
import { age, count, many, time } from "../words.js";
import { trustOf } from "./trust.js";

/** Alerts told within this are "new"; ten of them are a flood (EEMUA 191). Milliseconds. */
const RECENT_MS = 600_000;
const FLOOD = 10;

// A space between them: a screen reader reads what the gap shows.
const part = (first, last) => el("span", {}, first, " ", last);
const sep = (wide) => el("i", { class: wide ? "sep wide" : "sep" });

export class Top extends HTMLElement {
  connectedCallback() {
    this.open = el("span", { class: "n" }, "0");
    this.critical = el("span", { class: "sev", "data-level": "critical", hidden: true }, icon("sev-critical", "critical"));
    this.link = el("span", { class: "link", "data-link": "late" }, icon("live"), el("span", {}, "Connecting"));
    this.time = el("time", {}, "--:--:-- UTC");
    this.officer = el("span", {}, "");
    this.append(
      el("header", { class: "top" },
        el("a", { class: "mark", href: "/" }, icon("mark"), "Greenlane"),
        el("nav", { "aria-label": "Pages" }, ...Object.entries(PAGES).map(([name, page]) => this.#way(name, page))),
        el("div", { class: "facts push" }, this.link, this.time, el("a", { class: "wide me", href: "/set-password", title: "Change your password" }, icon("officer"), this.officer)),
        el("button", { class: "btn plain wide", type: "button", "data-do": "sign-out" }, "Sign out"),
        el("button", { class: "btn plain square", type: "button", "data-do": "theme", "aria-label": "Dark or light" }, icon("theme")),
        el("button", { class: "btn plain square wide", type: "button", "data-do": "keys", "aria-label": "All keys" }, el("kbd", { class: "key" }, "?"))),
      (this.line = this.#line()), (this.trouble = this.#trouble()));
  }

  #way(name, { path, word, icon: drawing, key, needs }) {
    const marks = name === "desk" ? [this.open, this.critical] : [];
    return el("a", { href: path, title: `g ${key}`, "data-needs": needs, "aria-current": name === here() ? "page" : null }, icon(drawing), word, ...marks);
  }

  #line() {
    this.urgent = part(el("span", { class: "sev", "data-level": "critical" }, icon("sev-critical"), el("span", {}, "")), el("span", {}, ""));
    this.states = part(el("b", {}, "0"), el("span", {}, ""));
    this.rate = part(el("b", {}, "0"), el("span", {}, ""));
    this.agents = part(el("b", {}, "0"), el("span", {}, ""));
    this.whole = part(icon("hole"), el("span", {}, ""));
    this.rate.className = this.whole.className = "wide";
    return el("div", { class: "situation", role: "region", "aria-label": "Situation" },
      this.urgent, sep(), this.states, sep(true), this.rate, sep(), this.agents, sep(true), this.whole);
  }

  #trouble() {
    this.troubleSince = el("b", {}, "");
    this.troubleNext = el("span", {}, "");
    this.troubleMeans = el("span", { class: "quiet" }, "");
    this.tryNow = el("button", { class: "btn", type: "button", onclick: () => this.view.live.tryNow() }, "Try now");
    return el("div", { class: "situation trouble", role: "region", "aria-label": "Trouble", hidden: true },
      el("span", { class: "trust" }, icon("hole"), this.troubleSince), " ", this.troubleNext, " ", this.troubleMeans, " ", this.tryNow);
  }

  show(view) {
    this.view = view;
    const trust = trustOf(view);
    say(this.time, time(view.now, view.now));
    set(this.time, "datetime", new Date(view.now).toISOString());
    if (view.board.me) {
      say(this.officer, view.board.me.name);
      set(document.documentElement, "data-role", view.board.me.role);
    }
    this.#showLink(trust);
    this.#showTrouble(view, trust);
    this.#showCounts(view.board, view.now);
  }

  #showLink(trust) {
    const words = { loading: "Connecting", live: "Live", stale: "Gateway silent", offline: "Offline", none: "Offline" }[trust.kind];
    // Said aloud when it turns, and that it is live only after it was not.
    if (words !== this.link.textContent.trim() && (trust.kind !== "live" || this.wasBad)) say(document.querySelector("#polite"), words === "Live" ? "Live again" : words);
    this.wasBad = !["live", "loading"].includes(trust.kind);
    set(this.link, "data-link", trust.kind === "live" ? "live" : "late");
    draw(this.link.firstElementChild, trust.kind === "live" ? "live" : "hole");
    say(this.link.lastElementChild, words);
  }

  #showTrouble(view, trust) {
    const isBad = ["stale", "offline", "none"].includes(trust.kind);
    reveal(this.trouble, isBad);
    reveal(this.line, !isBad);
    if (!isBad) return;
    if (trust.kind === "stale") {
      const since = trust.since ? ` since ${time(trust.since, view.now)}, ${age(view.now - trust.since)}` : " yet";
      say(this.troubleSince, `The gateway has said nothing${since}.`);
      say(this.troubleNext, "Shown as it was then.");
      say(this.troubleMeans, "Acts are kept and sent when it is back.");
    } else {
      const wait = view.live.nextTry === null ? "Trying now" : `Next try in ${age(view.live.nextTry - Date.now() + 999)}`;
      say(this.troubleSince, `Offline since ${time(trust.since, view.now)}, ${age(view.now - trust.since)}.`);
      say(this.troubleNext, `${wait}.`);
      say(this.troubleMeans, view.board.isKnown ? "Shown as it was then. Acts cannot be sent from this screen." : "Nothing has been loaded yet.");
    }
    reveal(this.tryNow, trust.kind !== "stale" && view.live.nextTry !== null);
  }

  #showCounts(board, now) {
    const told = situation(board);
    const { open, critical, agents, alive, devices, lost } = told;
    say(this.open, count(open));
    if (reveal(this.critical, critical)) set(this.critical.firstElementChild, "aria-label", `${critical} critical`);
    const [glyph, words] = this.urgent.children;
    reveal(glyph, critical);
    say(glyph.lastElementChild, `${count(critical)} critical`);
    say(words, critical ? (critical === 1 ? "waits for an officer" : "wait for an officer") : "Nothing critical waits");
    this.#pair(this.states, count(open), `open, ${told.started} in progress, ${told.acknowledged} acknowledged`);
    let fresh = 0;
    for (const { toldMs } of board.alerts.values()) if (now - toldMs < RECENT_MS) fresh += 1;
    this.#pair(this.rate, count(fresh), fresh >= FLOOD ? "new in 10 min: a flood" : "new in 10 min");
    this.#pair(this.agents, count(alive), `of ${many(agents, "agent")} alive, ${many(devices, "device")}${lost ? `, ${lost} lost` : ""}`);
    this.#showWhole(told);
  }

  #pair(node, strong, words) {
    say(node.firstElementChild, strong);
    say(node.lastElementChild, words);
  }

  #showWhole({ sources, holed, late, unsure }) {
    const words = holed ? `${many(holed, "source")} with holes` : late ? `${many(late, "source")} late`
      : unsure ? `${many(unsure, "source")}: cannot tell` : "nothing is missing";
    set(this.whole, "class", holed || late ? "wide trust" : "wide quiet");
    reveal(this.whole.firstElementChild, holed || late || unsure);
    say(this.whole.lastElementChild, sources ? words : "completeness not told yet");
  }
}
customElements.define("gl-top", Top);
