// Where the plates of a map go, so that none covers another, or somebody else's dot. Pure.

/** Between a dot and its plate, in px; the second round is further away. */
const GAPS = [10, 34, 70];
/** Around a dot that stays free, in px. */
const DOT = 6;

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** The corner (x, y) of each plate of {at: [x, y], w, h} in a room of that size; the first ones choose first. */
export function placed(plates, [width, height]) {
  const dots = plates.map(({ at: [x, y] }) => ({ x: x - DOT, y: y - DOT, w: 2 * DOT, h: 2 * DOT }));
  const taken = [];
  return plates.map((plate, i) => {
    const free = (box) => box.x >= 0 && box.y >= 0 && box.x + box.w <= width && box.y + box.h <= height
      && !taken.some((other) => overlap(box, other)) && !dots.some((dot, j) => j !== i && overlap(box, dot));
    const all = GAPS.flatMap((gap) => around(plate, gap));
    const box = all.find(free) ?? all[0];
    taken.push(box);
    return [box.x, box.y];
  });
}

function around({ at: [x, y], w, h }, gap) {
  const box = (left, top) => ({ x: left, y: top, w, h });
  return [
    box(x + gap, y - h / 2), box(x - gap - w, y - h / 2), box(x - w / 2, y - gap - h), box(x - w / 2, y + gap),
    box(x + gap, y - gap - h), box(x + gap, y + gap), box(x - gap - w, y - gap - h), box(x - gap - w, y + gap),
  ];
}
