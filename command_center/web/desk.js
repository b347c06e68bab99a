// Wires the desk: board, link, acts and panels; holds what is selected and what is open.
import { Acts, VERBS } from "./acts.js";
import { tell } from "./api.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { reveal, say, set } from "./dom.js";
import { listen } from "./keys.js";
import { Live } from "./live.js";
import { askNote } from "./note.js";
import { pathOf } from "./panels/marks.js";
import { bringIcons } from "./sprite.js";
import { toast } from "./toast.js";
import { subject } from "./words.js";
import "./panels/actbar.js";
import "./panels/agents.js";
import "./panels/alerts.js";
import "./panels/chart.js";
import "./panels/scans.js";
import "./panels/top.js";
import "./panels/viewer.js";
import "./panels/why.js";

const PANELS = ["gl-top", "gl-alerts", "gl-viewer", "gl-why", "gl-agents", "gl-scans", "gl-chart"];
/** Pictures that are fetched before they are asked for. */
const AHEAD = 2;

const find = (selector) => document.querySelector(selector);

/** What every panel is shown: it reads, and asks for things by these verbs. */
export class View {
  board = new Board();
  clock = new Clock();
  selected = null; // the id of an alert
  opened = null; // {alert: id} or {scan: id}
  #isAsked = false;

  constructor() {
    this.live = new Live({ hear: (message) => this.hear(message), turned: () => this.render() });
    this.acts = new Acts({ board: this.board, link: this.live, told: (act) => this.told(act) });
    this.panels = PANELS.map(find);
    this.list = find("gl-alerts");
    this.viewer = find("gl-viewer");
    this.chart = find("gl-chart");
  }

  get now() {
    return this.clock.now();
  }

  /** Take one message of the live stream. */
  hear(message) {
    const heard = {
      snapshot: () => { this.clock.set(message.now); this.board.snapshot(message); this.#checkPassword(); },
      change: () => this.#changed(message),
      act: () => this.acts.hear(message),
      gateway: () => { this.board.gateway = { ...this.board.gateway, ...message }; },
      readings: () => this.chart.hear(message.readings),
      tick: () => this.clock.set(message.now),
    };
    heard[message.kind]?.();
    this.render();
  }

  #checkPassword() {
    if (this.board.me?.must_set_password) location.assign("/set-password");
  }

  #changed(change) {
    const id = change.data?.alert?.id;
    const before = id ? this.board.alerts.get(id)?.severity : null;
    if (!this.board.apply(change)) return this.live.resync();
    const alert = id && this.board.alerts.get(id);
    if (alert?.severity === "critical" && before !== "critical" && alert.state === "open") {
      say(find("#urgent"), `Critical: ${alert.title}, ${subject(alert.subject)}, ${alert.post}`);
    }
    return null;
  }

  /** Draw with the next frame, however often it is asked for. */
  render() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A hidden page gets no frames; its title and marks shall be right when one looks again.
    (document.hidden ? queueMicrotask : requestAnimationFrame)(() => this.renderNow());
  }

  renderNow() {
    this.#isAsked = false;
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
    if (this.viewer.hidden) this.viewer.show({ ...this, seen: () => null });
    const open = [...this.board.alerts.values()].filter((alert) => alert.state === "open").length;
    const title = `${open ? `${open} open · ` : ""}Desk · Greenlane`;
    if (document.title !== title) document.title = title;
  }

  /** The opened alert or scan with its picture, or null. */
  seen() {
    if (!this.opened) return null;
    const alert = this.opened.alert ? this.board.alerts.get(this.opened.alert) : null;
    const scan = this.opened.scan ? this.board.scans.get(this.opened.scan) : this.board.scanOf(alert?.picture);
    const about = alert ?? scan;
    if (!about) return null;
    const detections = alert?.detections.length ? alert.detections : (scan?.detections ?? []);
    return { alert, scan, about, picture: about.picture ?? null, detections };
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
    const sha256 = this.board.scans.get(id)?.picture?.sha256;
    const alert = sha256 && [...this.board.alerts.values()].find((one) => one.picture?.sha256 === sha256);
    if (alert) return this.openAlert(alert.id);
    this.opened = { scan: id };
    return this.render();
  }

  close() {
    this.opened = null;
    this.renderNow();
    if (this.selected) this.list.focusRow();
  }

  /** Fetch the next pictures before they are asked for. */
  ahead() {
    const { rows } = this.list.order;
    const here = rows.indexOf(this.selected);
    const next = rows.slice(here + 1).map((id) => this.board.alerts.get(id)?.picture).filter(Boolean).slice(0, AHEAD);
    for (const picture of next) new Image().src = pathOf(picture);
  }

  /** The alert that the keys act on. */
  current() {
    const id = this.opened?.alert ?? (this.opened ? null : this.selected);
    return (id && this.board.alerts.get(id)) || null;
  }

  /** Do `verb` to an alert; a comment asks for its words first. */
  async act(alert, verb) {
    if (!alert) return;
    const against = this.acts.against(alert, verb);
    if (verb !== "comment" || against) return void this.acts.send(alert, verb);
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
}

bringIcons();
const view = new View();
listen(view);
document.addEventListener("click", (event) => {
  if (event.target.closest(".thumb a") && view.opened) view.close();
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "theme") {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    dispatchEvent(new CustomEvent("theme"));
    view.render();
  }
  if (what === "keys") find("#keys").showModal();
  if (what === "leave") event.target.closest("dialog").close();
  if (what === "sign-out") tell("/api/sign-out").finally(() => location.assign("/sign-in"));
});
setInterval(() => view.render(), 1000);
document.addEventListener("visibilitychange", () => view.render());
view.live.connect();
view.render();
