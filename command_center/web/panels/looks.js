// Whether a scanner's pictures still look like those its model was made for, by the latest report of its agent.
import { Refused } from "../api.js";
import { latestOf, past } from "../history.js";
import { age } from "../words.js";

/** The reading that says so (`DRIFT_METRIC` of the contract). */
const METRIC = "picture_drift";
/** Up to here nothing has happened; from there on the model's figures do not hold. */
const SETTLED_MAX = 0.1;
const MOVED_MIN = 0.25;
/** How far back a report is looked for, and how often anew, in ms: a report is made every ten minutes at most. */
const BACK_MS = 2_592_000_000;
const AGAIN_MS = 60_000;
const POINTS = 300;

export class Looks {
  #device = "";
  #askedAt = -Infinity;
  #asked = 0;
  #latest = null; // {at, value}

  /** The words for a device with these series; empty where nobody reports it. */
  words(view, device, series) {
    const one = series.find(({ metric }) => metric === METRIC);
    if (!one) return "";
    const isOther = device !== this.#device;
    if (isOther) { this.#device = device; this.#latest = null; }
    if (isOther || (view.live.state === "live" && view.now - this.#askedAt > AGAIN_MS)) this.#read(view, one);
    return this.#latest ? wordsOf(this.#latest, view.now) : "";
  }

  async #read(view, series) {
    const asked = (this.#asked += 1);
    this.#askedAt = view.now;
    try {
      const latest = await latestOf(series, await past(series, [view.now - BACK_MS, view.now + 1_000], POINTS));
      if (asked !== this.#asked) return;
      this.#latest = latest;
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // its chart says why
    }
    view.render();
  }
}

function wordsOf({ at, value }, now) {
  const told = `they differ by ${value.toFixed(2)}, told ${age(now - at)} ago`;
  if (value >= MOVED_MIN) return `no longer like those its model was made for: ${told}. What is known of its hits and false alarms does not hold.`;
  if (value > SETTLED_MAX) return `a little unlike those its model was made for: ${told}`;
  return `like those its model was made for: ${told}`;
}
