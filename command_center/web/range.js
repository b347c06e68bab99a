// Which time the explorer shows: the last so long, or from then to then; and the way back out of a zoom. Pure.

/** Spans that follow the clock, in ms. */
export const SPANS = { "1 h": 3_600_000, "6 h": 21_600_000, "24 h": 86_400_000, "7 d": 604_800_000, "30 d": 2_592_000_000 };
/** The nearest and the furthest one can go, in ms. */
const NEAREST_MS = 2_000;
const FURTHEST_MS = 10 * 365 * 86_400_000;
/** Zooms that are remembered. */
const BACK_MAX = 50;

export class Range {
  span = "1 h"; // follows the clock; empty when it stands
  #stands = null; // [from, to] in ms
  #back = [];

  /** From and to, in ms. */
  at(now) {
    return this.#stands ?? [now - SPANS[this.span], now];
  }

  /** Follow the clock, so far back. */
  follow(span) {
    if (!Object.hasOwn(SPANS, span)) return;
    this.span = span;
    this.#stands = null;
    this.#back = [];
  }

  /** Stand still at this time; never nearer than two seconds. */
  stand([from, to], now) {
    const middle = (from + to) / 2;
    const half = Math.min(FURTHEST_MS, Math.max(NEAREST_MS, to - from)) / 2;
    const [a, b] = this.at(now);
    if (Math.abs(a - from) < 1 && Math.abs(b - to) < 1) return;
    this.#back = [...this.#back, { span: this.span, stands: this.#stands }].slice(-BACK_MAX);
    this.span = "";
    this.#stands = [Math.max(0, Math.round(middle - half)), Math.round(middle + half)];
  }

  /** Nearer (factor above 1) or further, around the middle. */
  zoom(factor, now) {
    const [from, to] = this.at(now);
    const half = (to - from) / 2 / factor;
    this.stand([(from + to) / 2 - half, (from + to) / 2 + half], now);
  }

  /** Earlier (negative) or later by a share of what is shown. */
  pan(share, now) {
    const [from, to] = this.at(now);
    const by = (to - from) * share;
    this.stand([from + by, to + by], now);
  }

  get canBack() {
    return this.#back.length > 0;
  }

  /** What was shown before the last zoom. */
  back() {
    const before = this.#back.pop();
    if (!before) return;
    this.span = before.span;
    this.#stands = before.stands;
  }
}
