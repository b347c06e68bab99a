// What every page has: board, link, acts, clock and keys; a page adds its panels and what is opened on it.
import { Acts, VERBS } from "./acts.js";
import { tell } from "./api.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { el, say } from "./dom.js";
import { Evidence } from "./evidence.js";
import { askOfficer } from "./handover.js";
import { Herald } from "./herald.js";
import { listen, openKeys } from "./keys.js";
import { Live } from "./live.js";
import { askNote } from "./note.js";
import { PAGES, here } from "./pages.js";
import { Polled } from "./polled.js";
import { SeriesList } from "./series.js";
import { situation } from "./situation.js";
import { bringIcons } from "./sprite.js";
import { onReturn } from "./steps.js";
import { toast } from "./toast.js";
import "./panels/thumb.js";
import "./panels/top.js";

const polite = el("div", { class: "visually-hidden", id: "polite", "aria-live": "polite" });
const urgent = el("div", { class: "visually-hidden", id: "urgent", "aria-live": "assertive" });
document.body.append(polite, urgent);

/** Why a scan of a link or of the history cannot be opened. */
export const OUT_OF_SIGHT = "The scan of this link is out of sight: a screen remembers the newest 500, of your posts.";

/** What every panel is shown: it reads, and asks for things by these verbs. */
export class Page {
  board = new Board();
  clock = new Clock();
  selected = null; // the id of what the keys act on
  opened = null; // {alert: id} or {scan: id}
  #isAsked = false;
  #isDrawn = false;

  constructor(...panels) {
    this.live = new Live({ hear: (message) => this.hear(message), turned: () => this.render() });
    this.acts = new Acts({ board: this.board, link: this.live, told: (act) => this.told(act) });
    this.evidence = new Evidence({ board: this.board, link: this.live, turned: (alert, told) => this.exported(alert, told) });
    this.series = new SeriesList(() => this.render());
    this.polled = new Polled((readings) => this.hear({ kind: "readings", readings }));
    // A node of its own each time: the same words, said again, are news.
    const aloud = (region) => (words) => region.replaceChildren(el("p", {}, words));
    this.herald = new Herald({ urgent: aloud(urgent), polite: aloud(polite) });
    this.panels = ["gl-top", ...panels].map((name) => document.querySelector(name));
  }

  get now() {
    return this.clock.now();
  }

  /** Take one message of the live stream. */
  hear(message) {
    const heard = {
      snapshot: () => this.#began(message),
      change: () => this.#changed(message),
      act: () => this.acts.hear(message),
      gateway: () => { this.board.gateway = { ...this.board.gateway, ...message }; },
      readings: () => this.readings(message.readings),
      tick: () => this.clock.set(message.now),
    };
    heard[message.kind]?.();
    this.render();
  }

  #began(message) {
    this.clock.set(message.now);
    this.board.snapshot(message);
    if (this.board.me?.must_set_password) location.assign("/set-password");
    this.began();
  }

  /** A snapshot came: the first, or one after a break. */
  began() {}

  /** Readings of watched devices came. */
  readings() {}

  #changed(change) {
    const id = change.data?.alert?.id;
    const before = id ? this.board.alerts.get(id)?.severity : null;
    if (!this.board.apply(change)) return this.live.resync();
    const alert = id && this.board.alerts.get(id);
    const isNew = !before || (alert?.severity === "critical" && before !== "critical");
    if (alert?.state === "open" && isNew) this.herald.hear(alert);
    return null;
  }

  /** Draw with the next frame, however often it is asked for. */
  render() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A hidden page gets no frames; its title and marks shall be right when one looks again.
    (document.hidden ? queueMicrotask : requestAnimationFrame)(() => this.settle());
  }

  /** Draw what is asked for, if anything is: a key may come before the frame that shows what it means. */
  settle() {
    if (this.#isAsked) this.renderNow();
  }

  renderNow() {
    this.#isAsked = false;
    const start = performance.now();
    this.draw();
    this.#keepFocus();
    if (this.board.isKnown && !this.#isDrawn) this.#drew(start);
    const { open } = situation(this.board);
    const title = `${open ? `${open} open · ` : ""}${PAGES[here()].word} · Greenlane`;
    if (document.title !== title) document.title = title;
  }

  // Measured where officers wait, for who profiles a page and for `scripts/bench screen`; a frame ends after it is painted.
  #drew(start) {
    this.#isDrawn = true;
    setTimeout(() => performance.measure("first drawing", { start }));
  }

  // What had the focus is hidden now: the keys stay in its panel, where else they would begin at the top of the page.
  #keepFocus() {
    const lost = document.activeElement;
    if (!lost?.closest("[hidden]")) return;
    const to = lost.closest(".panel:not([hidden])") ?? document.querySelector("#main");
    to.tabIndex = -1;
    to.focus({ preventScroll: true });
  }

  /** Show every panel. */
  draw() {
    for (const panel of this.panels) panel.show(this);
  }

  /** Something was opened: on a phone it starts at its top, and the keys of what it hides are led to it. */
  enter() {
    scrollTo(0, 0);
    if (!document.activeElement.checkVisibility()) document.querySelector("gl-why").focus({ preventScroll: true });
  }

  /** Open what an address asks for; whether it asks for something. */
  openAsked() {
    return false;
  }

  /** Back or Forward led to an address. */
  came(asked) {
    if (!this.board.isKnown) return; // what the address asks for is opened with the snapshot
    if (!this.openAsked(asked) && this.opened) this.close();
    this.renderNow();
  }

  /** What is opened, with its picture, or null. */
  seen() {
    return null;
  }

  /** The alert that the keys act on. */
  current() {
    return this.seen()?.alert ?? null;
  }

  /** Do `verb` to an alert; a comment asks for its words first, handing over for the officer. */
  async act(alert, verb) {
    if (!alert) return;
    const isAsking = verb === "comment" || verb === "assign";
    if (!isAsking || this.acts.against(alert, verb)) return void this.acts.send(alert, verb);
    if (verb === "assign") {
      const given = await askOfficer(alert, this.board.me);
      if (given) this.acts.send(alert, verb, given);
      return;
    }
    const note = await askNote(alert);
    if (note) this.acts.hold(alert, note);
  }

  /** Take the held comment back, its words with it. */
  takeBack() {
    const held = this.acts.takeBack();
    if (!held) return;
    toast.hide();
    askNote(held.alert, held.note).then((note) => { if (note) this.acts.hold(held.alert, note); });
    this.render();
  }

  /** Export evidence about the alert that the keys act on, in sight of how far it is. */
  takeEvidence() {
    const alert = this.current();
    if (!alert) return;
    const against = this.evidence.against(alert);
    if (against) return void toast.tell(`No evidence: ${against}`, "refused");
    this.openAlert(alert.id);
    this.renderNow();
    document.querySelector("gl-evidence").scrollIntoView({ block: "nearest" });
    this.evidence.take(alert);
  }

  /** What is opened, on paper. */
  print() {
    if (this.opened) window.print();
  }

  /** An act of an officer turned: say it to the one who did it. */
  told(act) {
    this.render();
    if (!act.mine) return;
    const title = this.board.alerts.get(act.alert)?.title ?? "the alert";
    const { word, done } = VERBS[act.verb] ?? { word: act.verb, done: act.verb };
    if (act.state === "held") toast.undo(`Comment on ${title}, not sent yet`, this.acts, () => this.takeBack());
    if (act.state === "done") toast.tell(`${done}: ${title}`, "done");
    if (act.state === "refused") toast.tell(`${word} refused: ${act.reason}`, "refused");
  }

  /** An archive of evidence went on; wherever the officer is by then, its end is said. */
  exported(alert, told) {
    this.render();
    if (told.state === "making") say(polite, `The gateway makes the evidence: ${alert.title}`); // how far it is is seen, not said each second
    if (told.state === "ready") toast.tell(`Evidence saved: ${alert.title}`, "done");
    if (told.state === "failed") toast.tell(`No evidence about ${alert.title}: ${told.error}`, "refused");
  }

  /** Begin: `keys` are the page's own, beside those of every page; `more` is only listed (see keys.js). */
  start(keys, more) {
    bringIcons();
    listen(this, keys, more);
    onReturn((asked) => this.came(asked));
    document.addEventListener("click", (event) => this.#clicked(event));
    setInterval(() => { this.polled.turn(this); this.render(); }, 1000);
    document.addEventListener("visibilitychange", () => this.render());
    this.live.connect();
    this.render();
  }

  #clicked(event) {
    const what = event.target.closest("[data-do]")?.dataset.do;
    if (what === "theme") {
      const root = document.documentElement;
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
      dispatchEvent(new CustomEvent("theme"));
      this.render();
    }
    if (what === "keys") openKeys();
    if (what === "leave") event.target.closest("dialog").close();
    if (what === "sign-out") tell("/api/sign-out").finally(() => location.assign("/sign-in"));
  }
}
