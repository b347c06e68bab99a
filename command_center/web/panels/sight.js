// Why an alert is there, in place: the small picture, what the model saw, the evidence, and how little a score says.
import { el, icon, keyed, reveal, say } from "../dom.js";
import { label, lag, short, time } from "../words.js";
import { showThumbnail, thumbnail } from "./marks.js";

/** Lines of reasons in the list; the opened alert has them all. */
const REASONS_MAX = 4;
/** Seen and told closer than this need only one of them, in ms. */
const TOGETHER_MS = 2_000;

/** The sentence beside every score: it is no probability, and nobody here has measured one. */
export const HONEST =
  "A score is not a probability. How many boxes like this were real has not been measured at this post: expect most to be false alarms.";

/** Whether the data themselves say that this is no real device. */
export function isSimulated(view, alert) {
  const { device, agent } = view.board.device(alert.device, alert.source);
  const said = [alert.model?.name, alert.device, device?.family, device?.title, agent?.source];
  return said.some((text) => /simulat/i.test(text ?? ""));
}

/** `gl-bag-nano 0.4.2, sha256 9c41…e07b`. */
export const modelWords = (model) => `${model.name}, sha256 ${short(model.sha256)}`;

/** Seen and told are two times. */
export function toldWords(alert, now) {
  const seen = alert.openedMs;
  const told = alert.toldMs;
  const late = told - seen > TOGETHER_MS ? `, told us ${time(told, now)}, ${lag(told - seen)} later` : "";
  const ahead = seen - told > TOGETHER_MS ? `, told us ${time(told, now)}: the device's clock is ${lag(seen - told)} ahead` : "";
  const only = alert.is_late ? " It rests only on messages that came late." : "";
  return `Seen ${time(seen, now)}${late}${ahead}.${only}`;
}

const ICONS = [[/^seal/, "seal"], [/^scan/, "scan"], [/^readings/, "sensor"], [/^device|^agent/, "live"], [/^stream|^completeness/, "hole"], [/^officer/, "officer"]];
/** The icon of a kind of message. */
export const iconOf = (type) => ICONS.find(([form]) => form.test(type.replace(/^io\.greenlane\./, "")))?.[1] ?? "doc";

/** What stands for the alert, most telling first: boxes, then evidence. */
export function reasonsOf(alert, now) {
  const boxes = alert.detections.map((d, i) => ({
    key: `box-${i}`, no: i + 1, icon: "scan", says: label(d.label), value: `score ${d.score.toFixed(2)}`, isRaw: true,
  }));
  const said = alert.evidence.map((e, i) => ({ key: `said-${i}`, icon: iconOf(e.type), says: e.says, value: time(e.observed_at, now) }));
  return [...boxes, ...said];
}

export function makeReason({ no, icon: name }) {
  return el("li", {}, no ? el("span", { class: "tagno" }, String(no)) : icon(name), el("span", { class: "says" }), el("span", { class: "val" }));
}
export function showReason(node, { says, value, isRaw }) {
  say(node.children[1], says);
  say(node.children[2], value);
  node.children[2].classList.toggle("raw", Boolean(isRaw));
}

export function sightOf() {
  const picture = el("button", { class: "small-picture", type: "button", hidden: true, "aria-label": "Open the picture" }, thumbnail());
  const list = el("ul", { class: "because", "aria-label": "Why" });
  const more = el("p", { class: "meta", hidden: true });
  const model = el("p", { class: "meta model", hidden: true });
  return el("div", { class: "sight" }, picture, el("div", { class: "sight-words" }, list, more, model));
}

export function showSight(node, view, alert) {
  const picture = node.querySelector(".small-picture");
  if (reveal(picture, alert.picture)) {
    picture.onclick = (event) => { event.stopPropagation(); view.openAlert(alert.id); };
    showThumbnail(picture.firstElementChild, alert.picture, alert.detections, view.board.scanOf(alert.picture)?.is_kept);
  }
  const reasons = reasonsOf(alert, view.now);
  keyed(node.querySelector(".because"), reasons.slice(0, REASONS_MAX), (r) => r.key, makeReason, showReason);
  const beyond = reasons.length - REASONS_MAX;
  const more = node.querySelector(".sight-words > .meta");
  if (reveal(more, beyond > 0)) say(more, `${beyond} more: open the alert.`);
  const model = node.querySelector(".model");
  if (reveal(model, alert.model)) say(model, `Model ${modelWords(alert.model)}. ${HONEST}`);
}
