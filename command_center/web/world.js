// The land behind the map: Natural Earth's countries, vendored; no word of it comes from elsewhere.
import { flat } from "./projection.js";

const ATLAS = "/vendor/world-atlas/countries-50m.json";
/** Points of an outline that are nearer to each other than this are drawn as one, in px. */
const FINE_PX = 0.7;

let asked = null;

/** Every part of every country as {rings, box} and, if it is the largest, its name; flat; asked for once, and again if that failed. */
export function world() {
  asked ??= fetch(ATLAS).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status))))).then(decoded)
    .catch((error) => { asked = null; throw error; });
  return asked;
}

// TopoJSON: lines in whole numbers, each a step from the one before; an outline names its lines, ~n backwards.
function decoded({ transform: { scale, translate }, arcs, objects }) {
  const lines = arcs.map((steps) => {
    let [x, y] = [0, 0];
    return steps.map(([dx, dy]) => flat([(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]));
  });
  const ring = (names) => names.flatMap((n, i) => (n < 0 ? [...lines[~n]].reverse() : lines[n]).slice(i ? 1 : 0));
  return objects.countries.geometries.flatMap(({ type, arcs: of, properties }) => {
    const parts = (type === "Polygon" ? [of] : of ?? []).map((polygon) => part(polygon.map(ring)));
    const [largest] = [...parts].sort((a, b) => b.middle.area - a.middle.area);
    if (largest) largest.name = properties.name;
    return parts;
  });
}

function part(rings) {
  const [xs, ys] = [0, 1].map((i) => rings[0].map((point) => point[i]));
  return { rings, box: [least(xs), least(ys), most(xs), most(ys)], middle: middleOf(rings[0]) };
}

// The centre of gravity: a name stands there.
function middleOf(points) {
  let [area, x, y] = [0, 0, 0];
  points.forEach(([x1, y1], i) => {
    const [x2, y2] = points[(i + 1) % points.length];
    const cross = x1 * y2 - x2 * y1;
    area += cross; x += (x1 + x2) * cross; y += (y1 + y2) * cross;
  });
  return { area: Math.abs(area), x: x / (3 * area || 1), y: y / (3 * area || 1) };
}

const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

/** Draw what is seen of the land: `land` fills, `border` parts, `name` is the ink of what is wide enough for it. */
export function drawWorld(ctx, projection, countries, { land, border, name, font }) {
  ctx.fillStyle = land;
  ctx.strokeStyle = border;
  ctx.lineWidth = 1;
  for (const { rings, box } of countries) {
    if (!projection.sees(box)) continue;
    ctx.beginPath();
    for (const points of rings) trace(ctx, projection, points);
    ctx.fill("evenodd");
    ctx.stroke();
  }
  ctx.fillStyle = name;
  ctx.font = font;
  ctx.textAlign = "center";
  for (const country of countries) if (country.name && projection.sees(country.box)) drawName(ctx, projection, country);
}

function drawName(ctx, projection, { name, box: [west, , east], middle }) {
  const room = projection.toFlat(east, 0)[0] - projection.toFlat(west, 0)[0];
  if (ctx.measureText(name).width < room * 0.8) ctx.fillText(name, ...projection.toFlat(middle.x, middle.y));
}

function trace(ctx, projection, points) {
  let [lastX, lastY] = [Infinity, Infinity];
  for (const [lon, north] of points) {
    const [x, y] = projection.toFlat(lon, north);
    if (Math.abs(x - lastX) < FINE_PX && Math.abs(y - lastY) < FINE_PX) continue;
    if (lastX === Infinity) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
    [lastX, lastY] = [x, y];
  }
  ctx.closePath();
}
