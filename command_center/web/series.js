// Which metrics of which devices have a history: one list for all panels of a page, asked again while somebody looks.
import { Refused, ask } from "./api.js";
import { keyOf } from "./history.js";

/** Asked again so often, in ms; sooner while there is nothing to choose from. */
const AGAIN_MS = 60_000;
const SOON_MS = 10_000;
/** One who opens a list sees what is known now, but asks at most so often, in ms. */
const OPENED_MS = 2_000;

export class SeriesList {
  all = []; // {device, metric, unit}
  state = "loading"; // loading, told, error; what was told once stays
  trouble = "";
  #known = new Map();
  #askedAt = -Infinity;
  #isAsking = false;

  /** `turned()` is called when it may be another. */
  constructor(turned) {
    this.turned = turned;
  }

  /** Ask if it is time, and somebody looks. */
  follow({ live, now }, everyMs = AGAIN_MS) {
    const wait = this.all.length ? everyMs : Math.min(everyMs, SOON_MS);
    if (live.state === "live" && !document.hidden && now - this.#askedAt >= wait) this.read(now);
  }

  /** A list of them is opened. */
  opened(view) {
    this.follow(view, OPENED_MS);
  }

  /** Ask now. */
  async read(now) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt = now;
    try {
      this.all = (await ask("/api/series")).series.map((one) => ({ unit: "", ...one }));
      this.#known = new Map(this.all.map((one) => [keyOf(one), one]));
      this.state = "told";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.state !== "told") this.state = "error";
      this.trouble = error.message;
    } finally {
      this.#isAsking = false;
    }
    this.turned();
  }

  /** The series of that device and metric, as it was told, or undefined. */
  known(one) {
    return this.#known.get(keyOf(one));
  }

  /** All, and before them those of `chosen` that are not known (yet): it must be possible to leave them. */
  listed(chosen) {
    return this.state === "loading" ? [] : [...chosen.filter((one) => !this.known(one)), ...this.all];
  }
}
