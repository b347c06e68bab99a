// Devices that tell where they are (latitude, longitude): the latest place of each, and when that was.
import { Refused } from "./api.js";
import { past } from "./history.js";

/** Devices that are followed. */
const FOLLOWED_MAX = 12;
/** How far back a place is looked for, in ms; and readings in it. */
const BACK_MS = 600_000;
const READINGS_MAX = 2_000;
/** Where they are by now is asked for so often, in ms; between, readings come live. */
const AGAIN_MS = 60_000;
const METRICS = ["longitude", "latitude"];

/** `turned()` is called when something of it changed. */
export class Movers {
  #places = new Map(); // device: [longitude, latitude], each {at, value} or undefined
  #askedAt = -Infinity;

  constructor(turned) {
    this.turned = turned;
  }

  /** Ask for what is not known, if it is time. */
  follow(view) {
    view.series.follow(view);
    if (view.series.state !== "told" || view.live.state !== "live" || view.now - this.#askedAt < AGAIN_MS) return;
    this.#askedAt = view.now;
    this.#read(view);
  }

  /** {device, at: [longitude, latitude], when}: where each was last, as far as both are known. */
  known() {
    return [...this.#places].filter(([, [x, y]]) => x && y).map(([device, [x, y]]) => ({ device, at: [x.value, y.value], when: Math.min(x.at, y.at) }));
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    for (const { device, metric, value, observed_at: at } of readings) {
      if (this.#places.has(device) && METRICS.includes(metric)) this.#take(device, metric, { at: Date.parse(at), value });
    }
  }

  #take(device, metric, told) {
    const pair = this.#places.get(device);
    const i = METRICS.indexOf(metric);
    if (!pair[i] || told.at >= pair[i].at) pair[i] = told;
  }

  async #read(view) {
    try {
      const { series } = view;
      const telling = series.all.filter(({ metric }) => metric === METRICS[0]).map(({ device }) => device);
      const devices = telling.filter((device) => METRICS.every((metric) => series.known({ device, metric }))).slice(0, FOLLOWED_MAX);
      for (const device of devices) await this.#begin(view, device);
    } catch (error) {
      // The map does without; it is asked again.
      if (!(error instanceof Refused)) throw error;
    }
    this.turned();
  }

  async #begin(view, device) {
    if (!this.#places.has(device)) {
      this.#places.set(device, []);
      for (const metric of METRICS) view.live.watch(device, metric);
    }
    for (const metric of METRICS) {
      const { points } = await past({ device, metric }, [view.now - BACK_MS, view.now + 1_000], READINGS_MAX);
      const last = points.at(-1);
      if (last) this.#take(device, metric, { at: Date.parse(last.at), value: last.mean });
    }
  }
}
