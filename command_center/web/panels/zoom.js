// Where a picture lies on its stage: a scale and an offset, and where a box of it then is. Pure.

/** As near as one can go, from the whole picture. */
export const ZOOM_MAX = 16;

export class Sight {
  width = 1; // of the picture as it is shown, in its pixels
  height = 1;
  #perBoxX = 1; // shown pixels for one pixel that the boxes are told in
  #perBoxY = 1;
  #stageWidth = 1;
  #stageHeight = 1;
  scale = 1;
  left = 0;
  top = 0;
  nearer = 1; // 1 is the whole picture

  /** The picture is so large; `told` is the size in which the boxes are told, if another. */
  picture(width, height, told) {
    const isOther = width !== this.width || height !== this.height;
    this.width = width;
    this.height = height;
    this.#perBoxX = told?.width_px ? width / told.width_px : 1;
    this.#perBoxY = told?.height_px ? height / told.height_px : 1;
    if (isOther) this.fit();
  }

  /** The stage is so large, in CSS px. */
  resize(width, height) {
    if (!width || !height) return;
    const [x, y] = [(this.#stageWidth / 2 - this.left) / this.scale, (this.#stageHeight / 2 - this.top) / this.scale];
    this.#stageWidth = width;
    this.#stageHeight = height;
    this.scale = this.#fitting() * this.nearer;
    this.left = width / 2 - x * this.scale;
    this.top = height / 2 - y * this.scale;
    this.#hold();
  }

  #fitting() {
    return Math.min(this.#stageWidth / this.width, this.#stageHeight / this.height);
  }

  /** The whole picture, in the middle. */
  fit() {
    this.nearer = 1;
    this.scale = this.#fitting();
    this.#hold();
  }

  /** Nearer by a factor; the point (x, y) of the stage stays where it is. */
  zoom(factor, x, y) {
    const nearer = Math.min(ZOOM_MAX, Math.max(1, this.nearer * factor));
    const by = nearer / this.nearer;
    this.nearer = nearer;
    this.scale = this.#fitting() * nearer;
    this.left = x - (x - this.left) * by;
    this.top = y - (y - this.top) * by;
    this.#hold();
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.#hold();
  }

  // No edge of a picture larger than the stage comes inside it; a smaller one stands in the middle.
  #hold() {
    const within = (at, stage, size) => (size <= stage + 0.5 ? (stage - size) / 2 : Math.min(0, Math.max(stage - size, at)));
    this.left = within(this.left, this.#stageWidth, this.width * this.scale);
    this.top = within(this.top, this.#stageHeight, this.height * this.scale);
  }

  /** A box told in pixels of the picture, in CSS px of the stage. */
  place([x1, y1, x2, y2]) {
    const x = (n) => this.left + n * this.#perBoxX * this.scale;
    const y = (n) => this.top + n * this.#perBoxY * this.scale;
    return [x(x1), y(y1), x(x2), y(y2)];
  }
}
