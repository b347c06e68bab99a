// A long list that appears a few rows a frame: all at once were most of a page's first drawing.

/** Rows that are made in one frame. */
const ROWS_A_FRAME = 40;

export class Growing {
  #stand = 0; // rows that stand there

  /** How many of `length` rows stand in this frame, at least `least`; `view` draws again until all do. */
  rows(view, length, least = 0) {
    this.#stand = Math.min(length, Math.max(this.#stand + ROWS_A_FRAME, least));
    if (this.#stand < length) view.render();
    return this.#stand;
  }
}
