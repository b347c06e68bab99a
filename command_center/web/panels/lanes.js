// The plan of one post: its lanes, the devices in each, and what is open about them, at a glance.
import { draw, el, icon, keyed, reveal, say, set, stands } from "../dom.js";
import { pathTo } from "../pages.js";
import { plan, standWords } from "../plan.js";
import { ENROL, capital, count, many } from "../words.js";
import { fareOf, laneWords, titleOf } from "./devices.js";
import { severity, showSeverity, unsigned } from "./marks.js";
import { showSides, sides } from "./sides.js";
import * as trust from "./trust.js";

/** Lanes, and devices in one of them, that are drawn; beyond it the plan says so. */
const LANES_MAX = 40;
const SPOTS_MAX = 24;
/** Devices that are made in one frame: those of a large post are a thousand. */
const SPOTS_A_FRAME = 40;
/** Alerts about the post itself that are named. */
const LOOSE_MAX = 4;

const ICONS = [[/seal/, "seal"], [/scan|x-?ray|folder|dicom/, "scan"], [/camera/, "scan"], [/nmea|position/, "place"]];
/** The drawing of a kind of device. */
const iconOf = (family) => ICONS.find(([form]) => form.test(family))?.[1] ?? "sensor";

const WHOLE = { missing: "numbers are missing", "declared lost": "some numbers are lost", late: "some messages are late", "cannot tell": "cannot tell whether all is here", complete: "nothing is missing" };

/** How whole what a post said is, in words, and whether that is as it should be. */
const wholeWords = (post) => ({ words: post.whole ? WHOLE[post.whole] : "", isGood: !post.whole || post.whole === "complete" || post.whole === "cannot tell" });

export class Lanes extends HTMLElement {
  #room = 0; // devices that may still be made in this frame

  connectedCallback() {
    this.sign = trust.sign();
    this.sides = sides((side) => this.view.chooseSide(side));
    this.choice = el("select", { class: "choice post-choice", "aria-label": "Post", onchange: () => this.view.choosePost(this.choice.value) });
    this.bones = trust.bones("the lanes", 5);
    this.head = el("div", { class: "post-head", hidden: true }, el("span", { class: "id strong" }), el("span", { class: "called" }), severity(), el("span", { class: "stand" }), el("span", { class: "meta devs" }), el("span", { class: "meta whole" }));
    this.list = el("ul", { class: "lanes" });
    this.more = el("p", { class: "meta beyond", hidden: true });
    this.loose = el("ul", { class: "loose" });
    this.looseMore = el("p", { class: "meta", hidden: true });
    this.looseBlock = el("section", { class: "lane-row", hidden: true }, el("h3", {}, "Post, agents"), el("div", {}, this.loose, this.looseMore));
    this.body = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Lanes and devices", hidden: true }, this.looseBlock, this.list, this.more);
    this.empty = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }));
    this.append(el("header", {}, el("h2", { id: "lanes-title", class: this.sides ? "visually-hidden" : null }, "Lanes"), this.sides, this.choice, this.sign), this.bones, this.head, this.body, this.empty);
  }

  show(view) {
    this.view = view;
    const { board } = view;
    trust.show(this, this.sign, trust.trustOf(view));
    showSides(this.sides, "lanes");
    reveal(this.bones, !board.isKnown);
    if (!board.isKnown) return;
    const posts = plan(board);
    const post = posts.get(view.postOf(posts)) ?? null;
    this.#showChoice(posts, post);
    const hasLanes = post?.spots.length || post?.loose.length;
    reveal(this.head, post);
    reveal(this.body, hasLanes);
    if (reveal(this.empty, !hasLanes)) this.#showEmpty(post);
    if (!post) return;
    this.#showHead(post);
    this.#showLoose(post);
    this.#room = SPOTS_A_FRAME;
    keyed(this.list, post.lanes.slice(0, LANES_MAX), (lane) => `${post.post}\n${lane.lane}`, makeLane, (node, lane) => this.#showLane(node, lane, post));
    if (reveal(this.more, post.lanes.length > LANES_MAX)) say(this.more, `${many(post.lanes.length - LANES_MAX, "more lane")}: see the devices.`);
  }

  #showChoice(posts, post) {
    if (!reveal(this.choice, posts.size > 1)) return;
    keyed(this.choice, [...posts.values()], (one) => one.post, (one) => el("option", { value: one.post }),
      (node, one) => say(node, [one.post, one.open.length && `${one.worst}, ${one.open.length} open`].filter(Boolean).join(": ")));
    if (this.choice.value !== post?.post) this.choice.value = post?.post ?? "";
  }

  #showEmpty(post) {
    const [said, means] = this.empty.children;
    say(said, post ? `No device stands at ${post.post} yet.` : "No post is known yet.");
    say(means, `${ENROL}: its devices appear here by themselves, in the lane that its configuration names.`);
  }

  #showHead(post) {
    const [code, called, sev, stand, devs, whole] = this.head.children;
    say(code, post.post);
    if (reveal(called, post.name)) say(called, post.name);
    if (reveal(sev, post.worst)) showSeverity(sev, post.worst);
    say(stand, post.agents.length ? standWords(post) : "No agent of it has spoken.");
    const troubles = [post.lost && `${post.lost} lost`, post.silent && many(post.silent, "silent agent")].filter(Boolean);
    say(devs, [many(post.spots.length, "device"), ...troubles].join(", "));
    const { words, isGood } = wholeWords(post);
    if (reveal(whole, words)) say(whole, words);
    set(whole, "class", isGood ? "meta whole" : "trust meta whole");
  }

  #showLoose(post) {
    if (!reveal(this.looseBlock, post.loose.length)) return;
    keyed(this.loose, post.loose.slice(0, LOOSE_MAX), (alert) => alert.id,
      (alert) => el("li", {}, severity(), el("a", { href: pathTo("desk", { alert: alert.id }), onclick: (event) => this.#opens(event, alert.id) }), el("span", { class: "meta" })),
      (node, alert) => {
        showSeverity(node.children[0], alert.severity);
        say(node.children[1], alert.title);
        set(node.children[1], "title", alert.title);
        say(node.children[2], alert.state === "open" ? "" : alert.state);
      });
    if (reveal(this.looseMore, post.loose.length > LOOSE_MAX)) say(this.looseMore, `${many(post.loose.length - LOOSE_MAX, "more alert")} in the list.`);
  }

  #showLane(node, lane, post) {
    const [head, body] = node.children;
    const [name, sev, stand] = head.children;
    say(name, lane.lane ? capital(laneWords(lane.lane)) : post.lanes.length > 1 ? "No lane" : "No lane named");
    if (reveal(sev, lane.worst)) showSeverity(sev, lane.worst);
    say(stand, lane.alerts.length ? standWords(lane) : many(lane.spots.length, "device"));
    const [spots, more] = body.children;
    const shown = mostWanted(lane.spots);
    keyed(spots, this.#standing(spots, shown), (spot) => spot.key, (spot) => this.#makeSpot(spot), (tile, spot) => this.#showSpot(tile, spot));
    if (!reveal(more, shown.length < lane.spots.length)) return;
    const isQuiet = lane.spots.every((spot) => shown.includes(spot) || !spot.open.length);
    say(more, `${many(lane.spots.length - shown.length, "more device")}${isQuiet ? ", nothing open about them" : ""}`);
  }

  // A few more with each frame, until all that are drawn stand there.
  #standing(list, spots) {
    const standing = spots.filter(({ key }) => stands(list, key) || this.#room-- > 0);
    if (standing.length < spots.length) this.view.render();
    return standing;
  }

  #makeSpot({ device, agent }) {
    const name = el("a", { class: "id name", href: pathTo("devices", { device: device.device, source: agent.source }) }, device.device);
    const alerts = el("a", { class: "alerts", href: pathTo("desk", { search: device.device }), hidden: true, onclick: (event) => this.#filters(event, device.device) }, severity(), el("span"));
    return el("li", { class: "spot" }, icon(iconOf(device.family)), name, unsigned(), alerts, el("span", { class: "says" }));
  }

  #showSpot(node, spot) {
    const { device, agent, open, taken } = spot;
    const [, name, plate, alerts, says] = node.children;
    const fare = fareOf(spot, this.view.now);
    set(node, "data-worst", spot.worst);
    set(node, "data-lost", fare.isGood ? false : "true");
    set(node, "data-unsigned", agent.is_unsigned ? "true" : false);
    draw(node.firstElementChild, fare.isGood ? iconOf(device.family) : "hole");
    set(name, "title", [device.title, device.reason].filter(Boolean).join(": ") || false);
    reveal(plate, agent.is_unsigned);
    if (reveal(alerts, open.length || taken.length)) {
      if (reveal(alerts.firstElementChild, open.length)) showSeverity(alerts.firstElementChild, spot.worst);
      say(alerts.lastElementChild, open.length ? (open.length > 1 ? count(open.length) : "") : `${taken.length} taken`);
      set(alerts, "aria-label", `${standWords(spot)} about ${device.device}: show them in the list`);
    }
    say(says, fare.isGood ? titleOf(device) : fare.words);
    set(says, "class", fare.isGood ? "says" : "says trust");
  }

  // On the desk the list is beside the plan: it is narrowed, and no page is loaded.
  #filters(event, words) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !this.view.searchFor) return;
    event.preventDefault();
    this.view.searchFor(words);
  }

  #opens(event, id) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !this.view.openAlert) return;
    event.preventDefault();
    this.view.openAlert(id);
  }
}

/** As many as are drawn: what wants a look is among them; the order is that of their names, so that none jumps. */
function mostWanted(spots) {
  if (spots.length <= SPOTS_MAX) return spots;
  const need = (spot) => (spot.open.length ? 0 : spot.taken.length ? 1 : spot.device.is_found ? 3 : 2);
  const wanted = new Set([...spots].sort((a, b) => need(a) - need(b)).slice(0, SPOTS_MAX));
  return spots.filter((spot) => wanted.has(spot));
}

const makeLane = () => el("li", { class: "lane-row" },
  el("div", { class: "lane-head" }, el("h3"), severity(), el("span", { class: "meta" })),
  el("div", {}, el("ul", { class: "spots" }), el("p", { class: "meta", hidden: true })));

customElements.define("gl-lanes", Lanes);
