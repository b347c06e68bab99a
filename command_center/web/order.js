// Which alerts the list shows, in which order, and which wait: nothing moves unless you moved it. Pure.
import { SEVERITIES, officerOf } from "./panels/marks.js";
import { inOrder } from "./plan.js";
import { subject } from "./words.js";

const isLive = (alert) => ["open", "acknowledged", "in progress"].includes(alert.state);

/** The tabs, in their order: what each one holds. */
export const TABS = {
  live: { word: "Live", holds: isLive },
  unseen: { word: "No officer", holds: (alert) => alert.state === "open" },
  mine: { word: "Mine", holds: (alert, me) => isLive(alert) && Boolean(me) && officerOf(alert) === me },
  done: { word: "Resolved", holds: (alert) => !isLive(alert) },
};

/** Whether the words typed are all somewhere in what the row shows. */
export function matches(alert, search) {
  if (!search) return true;
  const text = [alert.title, alert.detail, alert.subject, subject(alert.subject), alert.post, alert.rule, alert.device,
    alert.source, alert.severity, alert.state].join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The most urgent first, then the newest. */
export const urgent = (a, b) =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.toldMs - a.toldMs || inOrder(a.id, b.id);

/** The rows shown and the ids that wait behind "N new"; how many each tab holds. */
export class Order {
  rows = [];
  waiting = [];
  counts = {};
  #wanted = [];
  #asked = "";

  /** Take the board's alerts as they are; while `isHeld` rows that there are stay as they stand and new ones wait. */
  update(board, { tab, search, me, isHeld }) {
    this.#sort(board, tab, search, me);
    if (isHeld && this.rows.length) {
      const shown = new Set(this.rows);
      this.rows = this.rows.filter((id) => board.alerts.has(id));
      this.waiting = this.#wanted.filter((id) => !shown.has(id));
    } else {
      this.rows = this.#wanted;
      this.waiting = [];
    }
  }

  // Ten thousand alerts are sorted when the board has turned or something else is asked, not with every frame.
  #sort({ turn, alerts }, tab, search, me) {
    const asked = [turn, tab, search, me].join("\n");
    if (asked === this.#asked) return;
    this.#asked = asked;
    const all = [...alerts.values()];
    this.counts = Object.fromEntries(Object.entries(TABS).map(([name, { holds }]) => [name, all.filter((alert) => holds(alert, me)).length]));
    this.#wanted = all.filter((alert) => TABS[tab].holds(alert, me) && matches(alert, search)).sort(urgent).map((alert) => alert.id);
  }
}
