// What stands where: every post with its lanes, its devices and what is open about them. Pure, but for how long it takes.
import { SEVERITIES } from "./panels/marks.js";

/** From the worst: how whole what a post said is. */
const WHOLENESS = ["missing", "declared lost", "late", "cannot tell", "complete"];
const TAKEN = ["acknowledged", "in progress"];
/** At most this share of the time goes into reading a large board anew. */
const SHARE = 0.1;

/** `KEMBA` of `/KEMBA/gate-2`. */
export const postOf = (source) => source.split("/")[1] ?? "";

const spotKey = (source, device) => `${source}\n${device}`;
// `seal-10` after `seal-2`: cheaper, for thousands of devices, than a collator.
const ordered = (name) => name.replace(/[0-9]+/g, (digits) => digits.padStart(8, "0")).toLowerCase();
/** Names in their order, without a collator: ours are no words of a language. */
export const inOrder = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const rank = new Map(SEVERITIES.map((level, i) => [level, i]));
/** Lanes as they are numbered; what stands in none comes last. */
const byLane = (a, b) => !a.lane - !b.lane || inOrder(ordered(a.lane), ordered(b.lane));
const bySeverity = (a, b) => rank.get(a.severity) - rank.get(b.severity) || (a.id < b.id ? -1 : 1);

const CALM = { alerts: [], open: [], taken: [], worst: null };

/** What is open and what an officer has: {open, taken, worst}; `worst` is the severity of what no officer has. */
function standOf(alerts) {
  if (!alerts.length) return CALM;
  const open = alerts.filter((alert) => alert.state === "open");
  let worst = null;
  for (const { severity } of open) if (worst === null || rank.get(severity) < rank.get(worst)) worst = severity;
  return { alerts, open, taken: alerts.filter((alert) => alert.state !== "open"), worst };
}

/** `2 open`, `1 open, 3 taken`, `nothing open`. */
export function standWords({ open, taken }) {
  const words = [open.length && `${open.length} open`, taken.length && `${taken.length} taken`].filter(Boolean);
  return words.join(", ") || "nothing open";
}

/** What an officer has to know of a post before its alerts: that nothing is heard of it, or a part of it is gone. */
export function troubleOf(post) {
  if (!post.agents.length) return "not heard";
  if (post.lost) return `${post.lost} lost`;
  if (post.silent) return `${post.silent} silent`;
  return ["missing", "declared lost"].includes(post.whole) ? "holes" : post.whole === "late" ? "late" : "";
}

/** Every post of the board, by code: read anew only when the board has changed, and not all the time if that is dear. */
export function plan(board) {
  const { number, alerts, planned } = board;
  const began = performance.now();
  if (planned?.alerts === alerts && (planned.number === number || began < planned.restsTo)) return planned.posts;
  const posts = read(board);
  const now = performance.now();
  board.planned = { number, alerts, posts, restsTo: now + (now - began) / SHARE };
  return posts;
}

function read(board) {
  const posts = new Map();
  const at = (post) => {
    if (!posts.has(post)) posts.set(post, { post, name: "", at: null, spots: [], alerts: [], loose: [], agents: [] });
    return posts.get(post);
  };
  for (const place of board.places) Object.assign(at(place.post), { name: place.name, at: place.at });
  const spots = new Map();
  for (const agent of board.agents.values()) {
    const post = at(postOf(agent.source));
    post.agents.push(agent);
    for (const device of agent.devices) {
      const spot = { key: spotKey(agent.source, device.device), order: ordered(device.device), device, agent, alerts: [] };
      spots.set(spot.key, spot);
      post.spots.push(spot);
    }
  }
  for (const alert of board.alerts.values()) {
    if (alert.state !== "open" && !TAKEN.includes(alert.state)) continue;
    const post = at(alert.post);
    post.alerts.push(alert);
    const spot = spots.get(spotKey(alert.source, alert.device));
    (spot ? spot.alerts : post.loose).push(alert);
  }
  return new Map([...posts.values()].sort((a, b) => inOrder(a.post, b.post)).map((post) => [post.post, finished(post, board)]));
}

function finished(post, board) {
  const lanes = new Map();
  for (const spot of post.spots) {
    const { lane } = spot.device;
    if (!lanes.has(lane)) lanes.set(lane, { lane, spots: [] });
    lanes.get(lane).spots.push(Object.assign(spot, standOf(spot.alerts)));
  }
  const ours = post.agents.filter((agent) => !agent.is_unsigned);
  const told = ours.map((agent) => board.completeness.get(agent.source)?.status).filter(Boolean);
  return {
    ...post,
    ...standOf(post.alerts),
    loose: post.loose.sort(bySeverity),
    lanes: [...lanes.values()].sort(byLane).map((lane) => ({ ...lane, ...standOf(lane.spots.flatMap((spot) => spot.alerts)), spots: lane.spots.sort((a, b) => inOrder(a.order, b.order)) })),
    lost: post.spots.filter((spot) => !spot.device.is_found).length,
    silent: ours.filter((agent) => agent.state !== "alive").length,
    whole: WHOLENESS.find((status) => told.includes(status)) ?? null,
  };
}
