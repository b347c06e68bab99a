// Readings of devices that are not ours: no signature, so no live stream; what is watched is asked of the store.
import { Refused } from "./api.js";
import { past } from "./history.js";

/** So often, in ms, and how a chart says it. */
const EVERY_MS = 5_000;
export const POLL_WORDS = "every 5 s";
/** Series asked for in one round; readings of one. */
const SERIES_MAX = 24;
const READINGS_MAX = 500;
/** So far back is asked, in ms: the store may be a little behind. */
const BACK_MS = 30_000;

/** Hands `readings` to the page as the live stream would. */
export class Polled {
  #askedAt = 0;
  #isAsking = false;

  constructor(hear) {
    this.hear = hear;
  }

  /** Ask for what is watched and unsigned, if it is time and somebody looks. */
  async turn({ live, board, now }) {
    if (this.#isAsking || document.hidden || live.state !== "live" || now - this.#askedAt < EVERY_MS) return;
    const series = live.watching().filter(({ device }) => board.isUnsigned(device)).slice(0, SERIES_MAX);
    if (!series.length) return;
    this.#askedAt = now;
    this.#isAsking = true;
    try {
      for (const one of series) await this.#read(one, now);
    } catch (error) {
      // The chart's own question says what is wrong; this one is asked again.
      if (!(error instanceof Refused)) throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  async #read({ device, metric }, now) {
    const { points } = await past({ device, metric }, [now - BACK_MS, now + 1_000], READINGS_MAX);
    if (points.length) this.hear(points.map(({ at, mean }) => ({ device, metric, value: mean, observed_at: at })));
  }
}
