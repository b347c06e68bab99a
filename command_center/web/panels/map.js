// Where the posts are, and which of them wants an officer; the land is drawn from our own files, without internet.
import { colour } from "../colour.js";
import { draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { Movers } from "../movers.js";
import { pathTo } from "../pages.js";
import { placed } from "../placing.js";
import { plan, standWords, troubleOf } from "../plan.js";
import { Projection } from "../projection.js";
import { age } from "../words.js";
import { drawWorld, world } from "../world.js";
import { severity, showSeverity } from "./marks.js";
import { showSides, sides } from "./sides.js";
import * as trust from "./trust.js";

/** Free around the posts when all are shown, in px and of the room: for their plates. */
const MARGIN_PX = 96;
const MARGIN_SHARE = 0.16;
/** One press of a key or a button. */
const STEP = 1.6;
const PAN_PX = 80;
/** A place that is older than this may be another by now, in ms. */
const OLD_MS = 60_000;

export class PostMap extends HTMLElement {
  #projection = new Projection();
  #countries = null;
  #landFailed = false;
  #fitted = ""; // the posts that were brought into view
  #drawn = "";
  #moved = null; // where a hand drags from
  #movers = new Movers(() => this.view?.render());

  connectedCallback() {
    this.sign = trust.sign();
    this.sides = sides((side) => this.view.chooseSide(side));
    const square = (words, label, act) => el("button", { class: "btn square", type: "button", "aria-label": label, title: label, onclick: act }, words);
    this.steps = el("span", { class: "steps push", role: "group", "aria-label": "How near" }, square("−", "Further", () => this.zoom(1 / STEP)), square("+", "Nearer", () => this.zoom(STEP)), el("button", { class: "btn", type: "button", onclick: () => this.whole() }, "All"));
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.marks = el("ul", { class: "marks", "aria-label": "Posts on the map" });
    this.room = el("div", { class: "map-room", onpointerdown: (event) => this.#grab(event), onpointermove: (event) => this.#drag(event), onpointerup: () => { this.#moved = null; }, onpointercancel: () => { this.#moved = null; } }, this.canvas, this.marks);
    this.room.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.rest = el("ul", { class: "rest", "aria-label": "Posts without a position" });
    this.note = el("p", { class: "meta map-note", hidden: true });
    this.how = el("div", { class: "map-how", hidden: true }, el("p"), el("p", { class: "meta" }, "The command center's configuration says where a post is, in degrees:"), (this.example = el("pre", { class: "id", tabindex: "0" })));
    this.bones = trust.bones("the map", 5);
    this.append(el("header", {}, el("h2", { id: "map-title", class: this.sides ? "visually-hidden" : null }, "Posts"), this.sides, this.steps, this.sign), this.bones, this.room, this.how, this.rest, this.note);
    new ResizeObserver(() => this.view?.render()).observe(this.room);
    addEventListener("theme", () => { this.#drawn = ""; });
  }

  show(view) {
    this.view = view;
    const { board } = view;
    this.trust = trust.trustOf(view);
    trust.show(this, this.sign, this.trust);
    showSides(this.sides, "map");
    reveal(this.bones, !board.isKnown);
    if (!board.isKnown) return;
    this.#movers.follow(view);
    const posts = [...plan(board).values()];
    const here = posts.filter((post) => post.at);
    const movers = this.#movers.known().filter(({ device }) => board.device(device).device);
    const isMap = here.length + movers.length > 0;
    set(this, "data-map", isMap ? "shown" : "none");
    reveal(this.room, isMap);
    reveal(this.steps, isMap);
    this.#showHow(posts, isMap);
    this.#showRest(posts.filter((post) => !post.at), isMap);
    if (!isMap) return;
    this.#readLand();
    this.#look(here, movers);
    keyed(this.marks, [...here, ...movers], (one) => (one.post ? one.post : `mover ${one.device}`), (one) => (one.post ? this.#makePost(one) : this.#makeMover(one)),
      (node, one) => (one.post ? this.#showPost(node, one) : this.#showMover(node, one)));
    this.#paint([...here, ...movers]);
  }

  /** Readings of watched devices, as they come. */
  hear(readings) {
    this.#movers.hear(readings);
  }

  zoom(factor, x, y) {
    this.#projection.zoom(factor, x, y);
    this.view.render();
  }

  pan(right, down) {
    this.#projection.pan(-right * PAN_PX, -down * PAN_PX);
    this.view.render();
  }

  /** All posts at once. */
  whole() {
    this.#fitted = "";
    this.view.render();
  }

  // Brought into view when there are others than before, not when one of them moves.
  #look(here, movers) {
    const { clientWidth: width, clientHeight: height } = this.room;
    if (!width || !height) return;
    const projection = this.#projection;
    if (projection.width !== width || projection.height !== height) {
      projection.size(width, height);
      if (!this.#drawn) this.#fitted = "";
    }
    const all = here.length ? here : movers;
    const key = all.map((one) => one.post ?? one.device).join();
    if (key === this.#fitted) return;
    this.#fitted = key;
    projection.fit(all.map((one) => one.at), Math.min(MARGIN_PX, MARGIN_SHARE * Math.min(width, height)));
  }

  #showHow(posts, isMap) {
    if (!reveal(this.how, !isMap)) return;
    say(this.how.firstElementChild, posts.length ? "No post has a position, so there is no map. The plan of lanes needs none." : "No post is known yet.");
    const code = posts[0]?.post ?? "KEMBA";
    say(this.example, `[[posts]]\npost = "${code}"\nname = "…"\nlatitude = 0.0\nlongitude = 0.0`);
  }

  #showRest(posts, isMap) {
    if (!reveal(this.rest, posts.length)) return;
    set(this.rest, "data-alone", isMap ? false : "true");
    keyed(this.rest, posts, (post) => post.post, (post) => this.#makePost(post), (node, post) => this.#showPost(node, post));
  }

  #makePost(post) {
    return el("li", { class: "post" }, el("button", { type: "button", class: "post-plate", onclick: () => this.view.choosePost(post.post, true) },
      el("span", { class: "post-top" }, el("span", { class: "id strong" }), severity(), el("span", { class: "trust" }, icon("hole"), el("span"))), el("span", { class: "meta sub" }), el("span", { class: "meta called" })));
  }

  #showPost(node, post) {
    const [top, sub, called] = node.firstElementChild.children;
    const [code, sev, hole] = top.children;
    say(code, post.post);
    if (reveal(sev, post.worst)) showSeverity(sev, post.worst);
    const trouble = troubleOf(post);
    if (reveal(hole, trouble)) say(hole.lastElementChild, trouble);
    if (reveal(sub, post.agents.length || post.alerts.length)) say(sub, standWords(post));
    if (reveal(called, post.name)) say(called, post.name);
    set(node.firstElementChild, "aria-current", this.view.post === post.post ? "true" : false);
    set(node, "data-worst", post.worst);
    node.dot = post.worst ?? "none";
  }

  #makeMover({ device }) {
    return el("li", { class: "mover" }, el("a", { href: pathTo("devices", { device }) }, icon("place"), el("span", { class: "id" }, device), el("span", { class: "meta" })));
  }

  #showMover(node, { when }) {
    const old = this.view.now - when;
    const isOld = old > OLD_MS || this.trust.kind !== "live";
    say(node.firstElementChild.lastElementChild, isOld ? `${age(old)} ago` : "");
    set(node, "data-old", isOld ? "true" : false);
    draw(node.firstElementChild, isOld ? "hole" : "place");
  }

  async #readLand() {
    if (this.#countries || this.#landFailed) return;
    this.#landFailed = true; // not asked twice while it comes
    try {
      this.#countries = await world();
      this.#landFailed = false;
      reveal(this.note, false);
    } catch {
      say(this.note, "The land could not be loaded; the posts are where they are.");
      reveal(this.note, true);
      setTimeout(() => { this.#landFailed = false; }, 10_000);
    }
    this.#drawn = "";
    this.view.render();
  }

  // Plates find their places by their sizes, so they are laid out after their words are said.
  #paint(all) {
    const projection = this.#projection;
    const nodes = [...this.marks.children];
    if (!this.canvas.checkVisibility()) return;
    const key = [projection.key, Boolean(this.#countries), ...nodes.map((node, i) => [node.textContent, node.dot, all[i].at].join())].join("|");
    if (key === this.#drawn) return;
    this.#drawn = key;
    const dots = all.map((one) => projection.to(one.at));
    const size = [projection.width, projection.height];
    const isSeen = ([x, y]) => x >= 0 && y >= 0 && x <= size[0] && y <= size[1];
    const plates = nodes.map((node, i) => { reveal(node, isSeen(dots[i])); return { at: dots[i], w: node.offsetWidth, h: node.offsetHeight }; });
    const seen = nodes.map((_, i) => i).filter((i) => isSeen(dots[i]));
    const corners = placed(seen.map((i) => plates[i]), size);
    const lines = seen.map((i, place) => {
      const [x, y] = corners[place].map(Math.round);
      nodes[i].style.left = `${x}px`;
      nodes[i].style.top = `${y}px`;
      const { w, h } = plates[i];
      return [dots[i], [Math.max(x, Math.min(x + w, dots[i][0])), Math.max(y, Math.min(y + h, dots[i][1]))]];
    });
    this.#ink(seen.map((i) => dots[i]), lines);
  }

  #ink(dots, lines) {
    const { canvas } = this;
    const [width, height] = [this.#projection.width, this.#projection.height];
    const ratio = devicePixelRatio;
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    if (this.#countries) drawWorld(ctx, this.#projection, this.#countries, { land: colour("var(--land)"), border: colour("var(--panel)"), name: colour("var(--text-3)"), font: `12px ${getComputedStyle(this).fontFamily}` });
    ctx.strokeStyle = colour("var(--text-3)");
    ctx.fillStyle = colour("var(--text)");
    for (const [[x1, y1], [x2, y2]] of lines) {
      ctx.beginPath();
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      ctx.stroke();
    }
    ctx.strokeStyle = colour("var(--panel)");
    for (const [x, y] of dots) {
      ctx.fillRect(x - 3.5, y - 3.5, 7, 7);
      ctx.strokeRect(x - 4.5, y - 4.5, 9, 9);
    }
  }

  #grab(event) {
    if (event.button || event.target.closest("button, a")) return;
    this.#moved = [event.clientX, event.clientY];
    this.room.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.#moved) return;
    this.#projection.pan(event.clientX - this.#moved[0], event.clientY - this.#moved[1]);
    this.#moved = [event.clientX, event.clientY];
    this.view.render();
  }

  // Without Ctrl (which a pinch is, too) the wheel moves the page, not the map.
  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const { left, top } = this.room.getBoundingClientRect();
    this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - left, event.clientY - top);
  }
}
customElements.define("gl-map", PostMap);
