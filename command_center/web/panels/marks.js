// The marks of an alert: severity as shape and word, state as ring and word, boxes as corners.
import { draw, el, icon, say, set, svg } from "../dom.js";
import { capital } from "../words.js";

const RINGS = { open: "open", acknowledged: "acknowledged", "in progress": "progress", resolved: "resolved", closed: "resolved" };

/** From the most urgent. */
export const SEVERITIES = ["critical", "high", "medium", "low"];

export const severity = () => el("span", { class: "sev" }, icon("sev-low"), el("span"));
export function showSeverity(node, level) {
  const known = SEVERITIES.includes(level) ? level : "low";
  set(node, "data-level", known);
  draw(node.firstElementChild, `sev-${known}`);
  say(node.lastElementChild, capital(level));
}

export const state = () => el("span", { class: "state" }, icon("open"), el("span", { class: "word" }));
export function showState(node, word) {
  set(node, "data-state", word);
  draw(node.firstElementChild, RINGS[word] ?? "open");
  say(node.lastElementChild, capital(word));
}

/** What officers did to it last, and the one who has it: an assigned officer, or the last who acted. */
export function officerOf(alert) {
  if (alert.assigned_to) return alert.assigned_to;
  for (const act of [...alert.acts].reverse()) if (act.verb !== "comment") return act.officer;
  return "";
}

/** The four corners of a box as a path; `cut` is their length. */
export function corners([x1, y1, x2, y2], cut) {
  const c = Math.min(cut, (x2 - x1) / 3, (y2 - y1) / 3);
  return `M${x1} ${y1 + c}V${y1}H${x1 + c}M${x2 - c} ${y1}H${x2}V${y1 + c}`
    + `M${x2} ${y2 - c}V${y2}H${x2 - c}M${x1 + c} ${y2}H${x1}V${y2 - c}`;
}

/** Draw the boxes of a small picture in its own pixels; on paper with their numbers. */
export function showBoxes(node, picture, detections, { numbered = false } = {}) {
  set(node, "viewBox", `0 0 ${picture.width_px || 1} ${picture.height_px || 1}`);
  node.replaceChildren(...detections.flatMap(({ box }, i) => {
    const d = corners(box, picture.width_px / 30);
    const number = numbered ? numberAt(i + 1, box, picture.width_px / 26) : [];
    return [svg("path", { d, class: "box-halo" }), svg("path", { d, class: "box-line" }), ...number];
  }));
}

// A number at the upper left corner of a box, as the viewer shows it.
function numberAt(no, [x, y], side) {
  const top = Math.max(0, y - side);
  return [svg("rect", { x, y: top, width: side, height: side, class: "box-no" }),
    svg("text", { x: x + side / 2, y: top + side * 0.78, "font-size": side * 0.8, "text-anchor": "middle", class: "box-text" }, String(no))];
}

/** Where the screen reads a picture: browsers cannot show TIFF. */
export const pathOf = (picture) =>
  `/api/blobs/${picture.sha256}${/tiff?/.test(picture.media_type) ? "/png" : ""}`;

/** A small picture that could not be read is asked for again so often, in ms. */
const AGAIN_MS = 20_000;

/** A small picture with its boxes: away, loading, here or failed; one that failed is asked for again while it is shown. */
export function thumbnail() {
  const image = el("img", { alt: "", decoding: "async", draggable: "false" });
  const node = el("span", { class: "thumbnail", "data-state": "away" }, image,
    svg("svg", { class: "boxes", "aria-hidden": "true" }), el("span", { class: "away" }, icon("hole")));
  image.addEventListener("load", () => set(node, "data-state", "here"));
  image.addEventListener("error", () => { set(node, "data-state", "failed"); node.failedAt = Date.now(); });
  return node;
}
export function showThumbnail(node, picture, detections, isKept, how) {
  const key = `${picture?.sha256}/${isKept}/${detections.length}`;
  const isDue = node.failedAt && Date.now() - node.failedAt > AGAIN_MS;
  if (node.key === key && !isDue) return;
  node.key = key;
  node.failedAt = 0;
  if (!picture) return set(node, "data-state", "away");
  showBoxes(node.querySelector(".boxes"), picture, detections, how);
  // What is known not to have come is not asked for: every ask would go to the gateway and back.
  if (isKept === false) return set(node, "data-state", "away");
  if (!isDue) set(node, "data-state", "loading"); // a hole that is asked for again stays one until the picture is here
  node.querySelector("img").src = pathOf(picture);
  return undefined;
}

/** What a device that is not ours lacks, in a sentence. */
export const UNSIGNED = "Unsigned: this device is not one of ours. Its messages carry no signature and no number, so nobody can prove who said them or that none is missing.";
/** The plate of such a device, wherever it is named. */
export const unsigned = () => el("span", { class: "plate", title: UNSIGNED, hidden: true }, "unsigned");
