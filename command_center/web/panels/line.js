// Draws points with uPlot: a grey band from low to high, the mean as a line, holes dashed.
import uPlot from "../vendor/uplot/uPlot.esm.js";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// uPlot paints on a canvas, which knows no custom properties: ask an element what they come to.
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const two = (n) => String(n).padStart(2, "0");

export class Line {
  #plot = null;
  #holes = [];

  constructor(room, { at, words }) {
    this.room = room;
    this.at = at;
    this.words = words;
    new ResizeObserver(() => this.#size()).observe(room);
    addEventListener("theme", () => { this.#plot?.destroy(); this.#plot = null; });
  }

  /** Points, holes and the range shown, in ms. */
  draw(points, holes, [from, to], unit) {
    if (!this.room.clientWidth) return;
    this.#holes = holes;
    this.points = points;
    const data = this.#data(points, holes);
    this.#plot ??= this.#make(unit);
    this.#range = [from / 1000, to / 1000];
    this.#plot.setData(data);
  }
  #range = [0, 1];

  // A null in the middle of a hole parts the line.
  #data(points, holes) {
    const gaps = new Set(holes.map((hole) => hole.from));
    const [at, mean, low, high] = [[], [], [], []];
    for (const point of points.all) {
      at.push(point.at / 1000); mean.push(point.mean); low.push(point.low); high.push(point.high);
      if (gaps.has(point.at)) { at.push(point.at / 1000 + 0.001); mean.push(null); low.push(null); high.push(null); }
    }
    return [at, low, high, mean]; // the mean last: it is drawn over the band
  }

  #size() {
    const { clientWidth: width, clientHeight: height } = this.room;
    if (width && height) this.#plot?.setSize({ width, height });
  }

  #make() {
    const [ink, quiet, rule] = [colour("--text-3"), colour("--data-quiet"), colour("--rule")];
    const font = `11px ${style("--font")}`;
    const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: rule, width: 1 } };
    return new uPlot({
      width: this.room.clientWidth,
      height: this.room.clientHeight,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 5, fill: colour("--text") }, drag: { x: false, y: false } },
      scales: { x: { time: true, range: () => this.#range }, y: { range: (_, low, high) => spread(low, high) } },
      axes: [
        { ...axis, size: 22, gap: 4, space: 52, grid: { show: false }, values: (_, splits) => splits.map((s, i) => this.#tick(s, splits, i)) },
        { ...axis, size: 48, gap: 4, space: 28 },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: colour("--text-2"), width: 1.5, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: quiet }],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      hooks: { draw: [(plot) => this.#drawHoles(plot)], setCursor: [(plot) => this.#pointed(plot)] },
    }, this.#data(this.points, this.#holes), this.room);
  }

  #tick(s, splits, i) {
    const date = new Date(s * 1000);
    const fine = splits.length > 1 && splits[1] - splits[0] < 60;
    const text = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${fine ? `:${two(date.getUTCSeconds())}` : ""}`;
    return i === 0 ? `${text} UTC` : text;
  }

  #drawHoles(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = colour("--trust");
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    for (const hole of this.#holes) {
      const x = Math.max(bbox.left, plot.valToPos(hole.from / 1000, "x", true));
      const end = Math.min(bbox.left + bbox.width, plot.valToPos(hole.to / 1000, "x", true));
      if (end - x > 1) ctx.strokeRect(x + ratio / 2, bbox.top + 2 * ratio, Math.max(2, end - x - ratio), bbox.height - 4 * ratio);
    }
    ctx.restore();
    const last = this.points.last();
    if (!last) return;
    ctx.fillStyle = colour("--text");
    ctx.beginPath();
    ctx.arc(plot.valToPos(last.at / 1000, "x", true), plot.valToPos(last.mean, "y", true), 2.5 * ratio, 0, 7);
    ctx.fill();
  }

  #pointed(plot) {
    const { idx, left } = plot.cursor;
    const mean = idx === null || left < 0 ? null : plot.data[3][idx];
    this.at(mean === null || mean === undefined ? null : { at: plot.data[0][idx] * 1000, mean });
  }
}

// Flat lines in the middle, and never a scale so tight that noise looks like news.
function spread(low, high) {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) * 0.12, Math.abs(high) * 0.005, 1e-6);
  return [low - room, high + room];
}
