// Where a place of the earth lies on a map that can be moved and brought nearer: Mercator, in pixels. Pure.

/** Beyond it Mercator runs away, in degrees. */
const LATITUDE_MAX = 84;
/** Pixels for one degree of longitude: nearer than this the drawn coast (1:50 million) says nothing more. */
const NEAREST = 120;
/** A single place is shown with so many degrees around it. */
const AROUND = 7;

const northing = (latitude) => (Math.log(Math.tan(Math.PI / 4 + (Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude)) * Math.PI) / 360)) * 180) / Math.PI;
const TOP = northing(LATITUDE_MAX);

/** Degrees east and the same measure north, of [longitude, latitude]. */
export const flat = ([longitude, latitude]) => [longitude, northing(latitude)];

export class Projection {
  width = 1;
  height = 1;
  #x = 0; // the middle, flat
  #y = 0;
  #k = 1; // pixels for one degree of longitude

  /** Changes with whatever is seen. */
  get key() {
    return [this.width, this.height, this.#x, this.#y, this.#k].join();
  }

  /** The room it is drawn in, in px; what is in the middle stays there. */
  size(width, height) {
    [this.width, this.height] = [width, height];
    this.#settle();
  }

  /** Bring all of these [longitude, latitude] into the room, `margin` px from its edges. */
  fit(places, margin) {
    if (!places.length) return;
    const [xs, ys] = [0, 1].map((i) => places.map((place) => flat(place)[i]));
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    [this.#x, this.#y] = [(west + east) / 2, (south + north) / 2];
    const room = (px, degrees) => Math.max(40, px - 2 * margin) / Math.max(AROUND, degrees);
    this.#k = Math.min(room(this.width, east - west), room(this.height, north - south));
    this.#settle();
  }

  /** Nearer by this factor; what is under (x, y), in px, stays there. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.#under(x, y);
    this.#k *= factor;
    this.#settle();
    const after = this.#under(x, y);
    this.#x += before[0] - after[0];
    this.#y += before[1] - after[1];
    this.#settle();
  }

  /** Move what is seen by so many px. */
  pan(dx, dy) {
    this.#x -= dx / this.#k;
    this.#y += dy / this.#k;
    this.#settle();
  }

  /** [x, y] in px of [longitude, latitude]. */
  to(place) {
    return this.toFlat(...flat(place));
  }

  /** [x, y] in px of what is flat already. */
  toFlat(x, y) {
    return [(x - this.#x) * this.#k + this.width / 2, (this.#y - y) * this.#k + this.height / 2];
  }

  /** Whether anything between these flat corners is seen. */
  sees([west, south, east, north]) {
    const [left, top] = this.toFlat(west, north);
    const [right, bottom] = this.toFlat(east, south);
    return right >= 0 && bottom >= 0 && left <= this.width && top <= this.height;
  }

  #under(x, y) {
    return [this.#x + (x - this.width / 2) / this.#k, this.#y - (y - this.height / 2) / this.#k];
  }

  // Never smaller than the world is wide, never past its edges.
  #settle() {
    this.#k = Math.min(NEAREST, Math.max(this.width / 360, this.height / (2 * TOP), this.#k));
    const [w, h] = [Math.max(0, 180 - this.width / this.#k / 2), Math.max(0, TOP - this.height / this.#k / 2)];
    this.#x = Math.max(-w, Math.min(w, this.#x));
    this.#y = Math.max(-h, Math.min(h, this.#y));
  }
}
