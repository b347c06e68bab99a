// What this officer does: told over HTTP, then sending, done or refused as the journal decides.
import { Refused, tell } from "./api.js";

/** What each verb makes of an alert, in words: the act and what it is called when done. */
export const VERBS = {
  acknowledge: { key: "a", word: "Acknowledge", done: "Acknowledged" },
  start: { key: "i", word: "Start", done: "Started" },
  resolve: { key: "r", word: "Resolve", done: "Resolved" },
  assign: { key: "h", word: "Hand over", done: "Handed over" },
  comment: { key: "n", word: "Comment", done: "Commented" },
  close: { key: "c", word: "Close", done: "Closed" },
  reopen: { key: "o", word: "Reopen", done: "Reopened" },
};

/** From which states each verb makes sense, as in the gateway's table: the journal decides, this only greys the button. */
export const ALLOWED = {
  acknowledge: ["open"],
  start: ["open", "acknowledged"],
  resolve: ["open", "acknowledged", "in progress"],
  assign: ["open", "acknowledged", "in progress"],
  comment: ["open", "acknowledged", "in progress", "resolved", "closed"],
  close: ["resolved"],
  reopen: ["acknowledged", "in progress", "resolved", "closed"],
};

/** What is said to one who may act on nothing: their screen has no buttons of acts either. */
export const LOOKS_ONLY = "A viewer may look, not act.";

/** A comment waits so long before it is sent, in ms: time to take it back. */
export const HELD_MS = 5_000;

let last = 0;

/** Sends acts; `board.acts` holds their state, `told(act)` hears each turn of it. */
export class Acts {
  held = null; // a comment that can still be taken back
  #timer = 0;

  constructor({ board, link, told }) {
    this.board = board;
    this.link = link;
    this.told = told;
    addEventListener("pagehide", () => this.release({ keepalive: true }));
  }

  /** Why this officer cannot do that now, as a sentence; empty if nothing stands against it. */
  against(alert, verb) {
    if (this.board.me?.role === "viewer") return LOOKS_ONLY;
    if (this.link.state === "offline") return "This screen is offline: nothing can be sent.";
    if (!ALLOWED[verb].includes(alert.state)) return `The alert is ${alert.state}.`;
    return "";
  }

  /** Send it now, with its words and to whom it goes, if any. */
  async send(alert, verb, { note = "", assignee = "" } = {}, options = {}) {
    const mine = { act: `here-${(last += 1)}`, alert: alert.id, verb, note, officer: this.board.me?.name ?? "", mine: true };
    const against = this.against(alert, verb);
    if (against) return this.#turn({ ...mine, state: "refused", reason: against });
    this.#turn({ ...mine, state: "sending" });
    try {
      const { act } = await tell(`/api/alerts/${encodeURIComponent(alert.id)}/acts`, { verb, note, assignee }, options);
      this.board.acts.delete(mine.act);
      // The journal may have been faster than the answer to our own question.
      const known = this.board.acts.get(act);
      this.#turn({ ...mine, ...known, act, note, mine: true, state: known?.state ?? "sending" });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#turn({ ...mine, state: "refused", reason: error.message });
    }
  }

  /** Hold a comment for a moment, so that it can be taken back; a second one sends the first. */
  hold(alert, note) {
    this.release();
    this.held = { alert, note, until: Date.now() + HELD_MS };
    this.#timer = setTimeout(() => this.release(), HELD_MS);
    this.told({ alert: alert.id, verb: "comment", state: "held", mine: true });
  }

  /** Take the held comment back; it, or null if there is none any more. */
  takeBack() {
    clearTimeout(this.#timer);
    const held = this.held;
    this.held = null;
    return held;
  }

  /** Send what is held. */
  release(options) {
    const held = this.takeBack();
    if (held) this.send(held.alert, "comment", { note: held.note }, options);
  }

  /** The command center tells the state of an act. */
  hear(told) {
    const known = this.board.acts.get(told.act);
    this.#turn({ ...known, ...told });
  }

  /** The latest act about an alert, or null. */
  latest(alert) {
    let found = null;
    for (const act of this.board.acts.values()) if (act.alert === alert) found = act;
    return found;
  }

  #turn(act) {
    this.board.act({ ...act, turned: Date.now() });
    this.told(act);
  }
}
