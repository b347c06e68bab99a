// The points of a chart, oldest first, and where the holes between them are. Pure.

import { digitsOf } from "../words.js";

/** Readings whose digits are looked at. */
const TOLD = 20;
/** Points kept; the oldest go. */
const POINTS_MAX = 20_000;
/** So many usual distances without a point are a hole. */
const HOLE = 3.5;
/** The shortest hole, in ms: a reading a little late is none. */
const HOLE_MS = 4_000;

/** Each is at (ms), mean, low, high; those that came by themselves are live. */
export class Points {
  all = [];
  #step = 0;
  #told = []; // the last readings as they were told: a mean has digits that nobody measured

  clear() {
    this.all = [];
    this.#told = [];
  }

  /** Take the history instead of what it was; live points that are newer than it, or between its readings, stay. */
  history(points, stepS) {
    const told = points.length ? Date.parse(points.at(-1).at) + stepS * 1000 : -Infinity;
    const live = this.all.filter((point) => point.isLive && (!stepS || point.at >= told));
    if (!this.#told.length) this.#told = points.filter((p) => p.count === 1).slice(-TOLD).map((p) => p.mean);
    this.#step = stepS * 1000;
    this.all = points.map((p) => ({ at: Date.parse(p.at), mean: p.mean, low: p.low, high: p.high }));
    for (const point of live) this.add(point.at, point.mean);
  }

  /** Take one reading; one that is late finds its place. */
  add(at, mean) {
    let i = this.all.length;
    while (i > 0 && this.all[i - 1].at > at) i -= 1;
    if (i > 0 && this.all[i - 1].at === at) return;
    this.all.splice(i, 0, { at, mean, low: mean, high: mean, isLive: true });
    this.#told = [...this.#told, mean].slice(-TOLD);
    if (this.all.length > POINTS_MAX) this.all.shift();
  }

  /** Drop what is older than `before`, but for one point that the line comes from. */
  forget(before) {
    let i = 0;
    while (i + 1 < this.all.length && this.all[i + 1].at < before) i += 1;
    if (i) this.all.splice(0, i);
    if (this.all.length === 1 && this.all[0].at < before) this.all = [];
  }

  /** Digits behind the point that readings come with: so many are shown, that the number does not jump. */
  digits() {
    return Math.max(0, ...this.#told.map(digitsOf));
  }

  last() {
    return this.all.at(-1) ?? null;
  }

  /** The usual distance between points, in ms. */
  usual() {
    const far = this.all.slice(-60).map((point, i, some) => (i ? point.at - some[i - 1].at : 0)).slice(1).sort((a, b) => a - b);
    return Math.max(this.#step && far.length < 3 ? this.#step : 0, far.length ? far[Math.floor(far.length / 2)] : 0);
  }
}

/**
 * The holes in (from, to), each {from, to, isOpen}; an open one lasts until `end`. With `isWhole` the time before
 * the first point is one too: nothing is known of it.
 */
export function holesOf(points, [from], end, { isWhole = false } = {}) {
  const long = Math.max(HOLE_MS, points.usual() * HOLE);
  const holes = [];
  const first = points.all[0];
  if (isWhole && !first && end > from) return [{ from, to: end, isOpen: true }];
  if (isWhole && first.at - from > long) holes.push({ from, to: first.at, isOpen: false });
  points.all.forEach((point, i) => {
    const next = points.all[i + 1];
    if (next && next.at - point.at > Math.max(long, 0) && next.at > from) holes.push({ from: Math.max(from, point.at), to: next.at, isOpen: false });
  });
  const last = points.last();
  if (last && end - last.at > long) holes.push({ from: last.at, to: end, isOpen: true });
  return holes;
}
