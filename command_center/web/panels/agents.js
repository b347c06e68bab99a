// The agents and the devices behind them: who was heard when, and how whole what they said is.
import { draw, el, icon, keyed, reveal, say, set, svg } from "../dom.js";
import { pathTo } from "../pages.js";
import { inOrder } from "../plan.js";
import { ENROL, age, count, many, time } from "../words.js";
import { laneWords, titleOf } from "./devices.js";
import { unsigned } from "./marks.js";
import { showSides, sides } from "./sides.js";
import * as trust from "./trust.js";

/** The narrowest a hole is drawn, in px: one missing number in a million must be seen. */
const HOLE_PX = 7;
const WIDTH = 64;
/** Devices of an agent that are drawn, the lost ones first; beyond it the panel says so. */
const DEVICES_MAX = 50;

const WORDS = { complete: "complete", late: "late", missing: "missing", "declared lost": "declared lost", "cannot tell": "cannot tell" };
const WORST = ["missing", "declared lost", "late", "cannot tell", "complete"];

/** What wants a look is at the top, what has no devices (a command center) at the end; then by name. */
const byNeed = (a, b) => (a.state === "alive") - (b.state === "alive")
  || !a.devices.length - !b.devices.length || inOrder(a.source, b.source);

const ordered = new WeakMap();
/** Its devices, the lost first; sorted once for as long as the agent says nothing else. */
function devicesOf(agent) {
  if (!ordered.has(agent)) ordered.set(agent, [...agent.devices].sort((a, b) => a.is_found - b.is_found || inOrder(a.device, b.device)));
  return ordered.get(agent);
}

/** `1,204 kept`, `4 missing, 42 lost`: what is wrong first. */
function streamWords({ status, kept, missing, lost, waiting }) {
  const parts = [];
  if (missing) parts.push(`${count(missing)} missing`);
  if (lost) parts.push(`${count(lost)} declared lost`);
  if (waiting && status !== "complete") parts.push(`${count(waiting)} waiting`);
  if (!parts.length && status === "cannot tell") parts.push("cannot tell");
  if (!parts.length && status === "late") parts.push("late");
  return parts.length ? parts.join(", ") : `${count(kept)} kept`;
}

/** The strip: thin grey is kept, a dashed hole is missing, cross-hatched is declared lost, hatched is late. */
function drawStrip(node, { status, kept, missing, lost, waiting: queued }) {
  // A few on their way are what a live line looks like; they count as late only when the gateway says so.
  const waiting = status === "complete" ? 0 : queued;
  const key = [status, kept, missing, lost, waiting].join();
  if (node.key === key) return;
  node.key = key;
  const all = kept + missing + lost + waiting || 1;
  const wide = (n) => (n ? Math.max(HOLE_PX, (n / all) * WIDTH) : 0);
  const holes = [["run-m", missing], ["run-d", lost], ["run-l", waiting]].map(([kind, n]) => [kind, wide(n)]).filter(([, w]) => w);
  const rest = Math.max(4, WIDTH - holes.reduce((sum, [, w]) => sum + w, 0));
  const marks = [svg("rect", { x: 0, y: 4, width: rest, height: 6, class: status === "cannot tell" ? "run-u" : "run-c" })];
  let x = rest;
  for (const [kind, w] of holes) {
    marks.push(svg("rect", { x: x + 1, y: 1, width: Math.max(3, w - 1.5), height: 12, class: kind }));
    x += w;
  }
  node.replaceChildren(...marks);
}

export class Agents extends HTMLElement {
  connectedCallback() {
    this.sign = trust.sign();
    this.sides = sides((side) => this.view.chooseSide(side));
    this.sum = el("span", { class: "meta push" });
    this.bones = trust.bones("agents", 4);
    this.list = el("ul", { class: "agents scroll", tabindex: "0", "aria-labelledby": "agents-title", hidden: true });
    this.empty = el("div", { class: "mid", hidden: true },
      el("p", {}, "No agent has been heard yet."),
      el("p", { class: "meta" }, `${ENROL}: it appears here when it says that it was born; its devices follow by themselves.`));
    this.append(el("header", {}, el("h2", { id: "agents-title", class: this.sides ? "visually-hidden" : null }, "Agents and completeness"), this.sides, this.sum, this.sign), this.bones, this.list, this.empty);
  }

  show(view) {
    this.view = view;
    const { board } = view;
    this.trust = trust.trustOf(view);
    trust.show(this, this.sign, this.trust);
    showSides(this.sides, "agents");
    reveal(this.bones, !board.isKnown);
    const agents = [...board.agents.values()].sort(byNeed);
    reveal(this.list, board.isKnown && agents.length);
    reveal(this.empty, board.isKnown && !agents.length);
    reveal(this.sum, this.trust.kind === "live" && agents.length);
    say(this.sum, many(agents.reduce((n, agent) => n + agent.devices.length, 0), "device"));
    keyed(this.list, agents, (agent) => agent.source, () => this.#make(), (node, agent) => this.#showAgent(node, agent));
  }

  #make() {
    const p = {
      glyph: icon("live"), name: el("span", { class: "id strong" }), plate: unsigned(), state: el("span", { class: "word" }), facts: el("span", { class: "meta push" }),
      whole: el("p", { class: "meta whole" }), streams: el("ul", { class: "streams" }), devices: el("ul", { class: "devices" }), more: el("p", { class: "meta beyond", hidden: true }),
    };
    const node = el("li", { class: "agent" }, el("div", { class: "head" }, p.glyph, p.name, p.plate, p.state, p.facts), p.streams, p.whole, p.devices, p.more);
    node.parts = p;
    return node;
  }

  #showAgent(node, agent) {
    const p = node.parts;
    const { now, board } = this.view;
    const isAlive = agent.state === "alive" && this.trust.kind === "live";
    set(node, "data-state", agent.state);
    draw(p.glyph, agent.state === "alive" ? "live" : "hole");
    say(p.name, agent.source);
    reveal(p.plate, agent.is_unsigned);
    set(p.state, "class", isAlive ? "word" : "word trust");
    const heard = agent.heard_at ? `, heard ${time(agent.heard_at, now)}, ${age(now - Date.parse(agent.heard_at))} ago` : ", never heard";
    say(p.state, isAlive ? "alive" : agent.state === "alive" ? "was alive when last told" : `${agent.state}${heard}`);
    const clock = agent.is_unsigned ? "" : agent.clock_error_ms === null ? "clock not synchronised" : `clock ± ${count(agent.clock_error_ms)} ms`;
    say(p.facts, [clock, agent.version && `v${agent.version}`].filter(Boolean).join(", "));
    this.#showStreams(p, board.completeness.get(agent.source));
    const devices = devicesOf(agent);
    keyed(p.devices, devices.slice(0, DEVICES_MAX), (device) => device.device, (device) => makeDevice(device, agent), (line, device) => this.#showDevice(line, device));
    if (reveal(p.more, devices.length > DEVICES_MAX)) say(p.more, `${many(devices.length - DEVICES_MAX, "more device")}: see the devices.`);
  }

  #showStreams(p, whole) {
    const isWhole = whole?.streams.every((stream) => stream.status === "complete");
    keyed(p.streams, isWhole ? [] : whole?.streams ?? [], (stream) => stream.stream, makeStream, (node, stream) => {
      drawStrip(node.children[1], stream);
      say(node.children[0], stream.stream);
      say(node.children[2], streamWords(stream));
      set(node, "data-status", stream.status);
      set(node, "title", `${stream.stream}: ${WORDS[stream.status] ?? stream.status}; ${count(stream.kept)} kept, ${count(stream.missing)} missing, ${count(stream.lost)} declared lost, ${count(stream.waiting)} waiting at the agent`);
    });
    const worst = WORST.find((status) => whole?.streams.some((stream) => stream.status === status));
    const means = {
      missing: "Numbers are missing and may still come: what rests on this agent may be wrong.",
      "declared lost": "Some numbers will never come; the agent has said which.",
      late: "It still holds messages that have not come.",
      "cannot tell": "Whether anything is missing cannot be told.",
    }[whole ? worst : "cannot tell"];
    const kept = isWhole && `Nothing is missing: ${whole.streams.map((stream) => many(stream.kept, stream.stream.replace(/s$/, ""), stream.stream)).join(", ")}.`;
    if (reveal(p.whole, means || kept)) say(p.whole, means ?? kept);
    p.whole.classList.toggle("trust", worst === "missing" || worst === "late" || worst === "declared lost");
  }

  #showDevice(node, device) {
    const [name, title, said] = node.children;
    const { now } = this.view;
    say(name, device.device);
    say(title, [titleOf(device), laneWords(device.lane)].filter(Boolean).join(", "));
    const since = device.since ? ` since ${time(device.since, now)}` : "";
    const upTo = device.said_up_to ? `said up to ${time(device.said_up_to, now)}` : "found";
    say(said, device.is_found ? upTo : `lost${since}${device.reason ? `: ${device.reason}` : ""}`);
    set(said, "class", device.is_found ? "meta said" : "trust said");
    set(node, "data-lost", !device.is_found);
    set(said, "title", said.textContent);
    set(title, "title", title.textContent);
  }
}

const makeDevice = ({ device }, { source }) => el("li", {}, el("a", { class: "id", href: pathTo("devices", { device, source }) }), el("span", { class: "quiet" }), el("span", { class: "said" }));
const makeStream = () => el("li", {}, el("span", { class: "meta" }), svg("svg", { class: "strip", viewBox: `0 0 ${WIDTH} 14`, "aria-hidden": "true" }), el("span", { class: "says" }));

customElements.define("gl-agents", Agents);
