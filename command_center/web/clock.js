// The command center's clock on this screen: ages must not depend on how wrong the desk's own clock is.

/** Milliseconds since 1970 by the command center, set by its every `now`. */
export class Clock {
  #ahead = 0;

  /** The command center says that it is `now` (RFC 3339). */
  set(now) {
    const told = Date.parse(now);
    if (Number.isFinite(told)) this.#ahead = told - Date.now();
  }

  /** Now, in ms. */
  now() {
    return Date.now() + this.#ahead;
  }
}
