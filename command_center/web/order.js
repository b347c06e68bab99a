// Which alerts the list shows, in which order, and which wait: nothing moves unless you moved it. Pure.
import { SEVERITIES, officerOf } from "./panels/marks.js";
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
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || Date.parse(b.told_at) - Date.parse(a.told_at) || a.id.localeCompare(b.id);

/** The rows shown and the ids that wait behind "N new". */
export class Order {
  rows = [];
  waiting = [];

  /** Take the alerts as they are; while `isHeld` rows that there are stay as they stand and new ones wait. */
  update(alerts, { tab, search, me, isHeld }) {
    const wanted = [...alerts.values()].filter((alert) => TABS[tab].holds(alert, me) && matches(alert, search)).sort(urgent);
    if (isHeld && this.rows.length) {
      const shown = new Set(this.rows);
      this.rows = this.rows.filter((id) => alerts.has(id));
      this.waiting = wanted.filter((alert) => !shown.has(alert.id)).map((alert) => alert.id);
    } else {
      this.rows = wanted.map((alert) => alert.id);
      this.waiting = [];
    }
  }
}
