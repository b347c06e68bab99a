// Draws points with uPlot: a grey band from low to high, the mean as a line, holes dashed, alerts on the axis of time.
import { colour as coloured } from "../colour.js";
import { digitsOf, value } from "../words.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const colour = (name) => coloured(`var(${name})`);

const two = (n) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_S = 86_400;

// The drawings of the severities (icons.svg) for a canvas: outline, its ink, its fill.
const GLYPHS = {
  critical: ["M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z", "--severity-critical", "--severity-critical"],
  high: ["M8 1.6 15 14.2H1z", "--severity-high", "--severity-high-fill"],
  medium: ["M8 1.8 14.2 8 8 14.2 1.8 8z", "--severity-medium", "--panel"],
  low: ["M12.2 8a4.2 4.2 0 1 1-8.4 0a4.2 4.2 0 1 1 8.4 0z", "--severity-low", "--panel"],
};
/** The side of an alert's mark, in px. */
const GLYPH_PX = 12;

export class Line {
  #plot = null;
  #holes = [];
  #marks = [];
  #scale = null;
  #colours = {};
  #theme = ""; // that it was drawn in
  #range = [0, 1];
  #size = { width: 0, height: 0 }; // of the room, as it was told: to ask for it had the page laid out amid each drawing

  /** `at` hears where the pointer is; `zoomed` the range that was drawn with it; lines of one `group` point together. */
  constructor(room, { at, zoomed, group }) {
    this.room = room;
    this.at = at;
    this.zoomed = zoomed;
    this.group = group;
    new ResizeObserver(([{ contentRect: { width, height } }]) => this.#sized({ width, height })).observe(room);
  }

  /** Points, holes and the range shown, in ms; alerts {at, severity}; lowest and highest value, if not its own. */
  draw(points, holes, [from, to], { marks = [], scale = null } = {}) {
    this.#holes = holes;
    this.#marks = marks;
    this.#scale = scale;
    this.#range = [from / 1000, to / 1000];
    this.points = points;
    this.#show();
  }

  #show() {
    if (!this.points || !this.#size.width || !this.#size.height) return;
    const { theme } = document.documentElement.dataset;
    if (theme !== this.#theme) this.rest();
    this.#theme = theme;
    this.#plot ??= this.#make();
    this.#plot.setData(this.#data(this.points, this.#holes));
  }

  /** Let go of the drawing: of one that left the page the window would know for ever. Another `draw` makes it anew. */
  rest() {
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** The canvas as it is on the screen, or null. */
  get canvas() {
    return this.#plot?.ctx.canvas ?? null;
  }

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

  // What was to be drawn before there was room for it is drawn now.
  #sized(size) {
    this.#size = size;
    if (!this.#plot) this.#show();
    else if (size.width && size.height) this.#plot.setSize(size);
  }

  #make() {
    const [ink, quiet, rule] = [colour("--text-3"), colour("--data-quiet"), colour("--rule")];
    this.#colours = Object.fromEntries(["--trust", "--text", ...Object.values(GLYPHS).flatMap(([, ink, fill]) => [ink, fill])].map((name) => [name, colour(name)]));
    const font = `11px ${style("--font")}`;
    const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: rule, width: 1 } };
    return new uPlot({
      ...this.#size,
      padding: [this.zoomed ? 18 : 8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 5, fill: colour("--text") }, drag: { x: Boolean(this.zoomed), y: false, setScale: false }, ...(this.group && { sync: { key: this.group, scales: ["x", null] } }) },
      scales: { x: { time: true, range: () => this.#range }, y: { range: (_, low, high) => spread(...(this.#scale ?? [low, high])) } },
      axes: [
        { ...axis, size: 22, gap: 4, space: 60, grid: { show: false }, values: (_, splits) => splits.map((s, i) => this.#tick(s, splits, i)) },
        { ...axis, size: 52, gap: 4, space: 28, values: (_, splits, __, ___, step) => splits.map((v) => (this.points.all.length ? value(v, digitsOf(step)) : "")) }, // of nothing there is no scale
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: colour("--text-2"), width: 1.5, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: quiet }],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      hooks: { draw: [(plot) => this.#drawHoles(plot), (plot) => this.#drawMarks(plot)], setCursor: [(plot) => this.#pointed(plot)], setSelect: [(plot) => this.#selected(plot)] },
    }, this.#data(this.points, this.#holes), this.room);
  }

  #tick(s, splits, i) {
    const date = new Date(s * 1000);
    const fine = splits.length > 1 && splits[1] - splits[0] < 60;
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    if (splits.length > 1 && splits[1] - splits[0] >= DAY_S) return day;
    if (i > 0 && s % DAY_S === 0) return day; // midnight says which day begins
    const text = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${fine ? `:${two(date.getUTCSeconds())}` : ""}`;
    return i === 0 ? `${text} UTC` : text;
  }

  #drawHoles(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = this.#colours["--trust"];
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
    ctx.fillStyle = this.#colours["--text"];
    ctx.beginPath();
    ctx.arc(plot.valToPos(last.at / 1000, "x", true), plot.valToPos(last.mean, "y", true), 2.5 * ratio, 0, 7);
    ctx.fill();
  }

  // An alert is a thin line through the values and its severity's shape above them.
  #drawMarks(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    for (const { at, severity } of this.#marks) {
      const x = plot.valToPos(at / 1000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const [outline, inked, filled] = GLYPHS[severity] ?? GLYPHS.low;
      ctx.save();
      ctx.strokeStyle = this.#colours[inked];
      ctx.fillStyle = this.#colours[filled];
      ctx.lineWidth = ratio;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.translate(x - (GLYPH_PX / 2) * ratio, bbox.top - (GLYPH_PX + 3) * ratio);
      ctx.scale((GLYPH_PX / 16) * ratio, (GLYPH_PX / 16) * ratio);
      ctx.lineWidth = 1.75;
      const path = new Path2D(outline);
      ctx.fill(path);
      ctx.stroke(path);
      ctx.restore();
    }
  }

  #selected(plot) {
    const { left, width } = plot.select;
    if (!this.zoomed || width < 4) return;
    const [from, to] = [left, left + width].map((px) => plot.posToVal(px, "x") * 1000);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoomed([from, to]);
  }

  #pointed(plot) {
    const { idx, left } = plot.cursor;
    if (idx === null || idx === undefined || left < 0) return void this.at(null);
    const at = plot.posToVal(left, "x") * 1000;
    // Within a hole the nearest reading is another time's: nothing is known here.
    const isHole = this.#holes.some((hole) => hole.from < at && at < hole.to);
    const mean = plot.data[3][idx];
    if (isHole && this.group) this.at({ at, mean: null });
    else this.at(mean === null || mean === undefined ? null : { at: plot.data[0][idx] * 1000, mean });
  }
}

// Flat lines in the middle, and never a scale so tight that noise looks like news.
function spread(low, high) {
  if (low === null || high === null) return [0, 1];
  const room = high === low ? Math.abs(high) * 0.05 || 1 : Math.max((high - low) * 0.12, Math.abs(high) * 0.005);
  return [low - room, high + room];
}
