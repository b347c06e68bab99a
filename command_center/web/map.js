// All posts at once, and the chosen one's lanes beside: where something is open, at a glance.
import { chosenPost } from "./chosen.js";
import { Page } from "./page.js";
import { plan } from "./plan.js";
import { remember } from "./steps.js";
import "./panels/lanes.js";
import "./panels/map.js";

const KEYS = {
  j: [(v) => v.move(1), "Next post", "Map"],
  k: [(v) => v.move(-1), "Previous post", "Map"],
  "+": [(v) => v.map.zoom(1.6), "Nearer", "Map"],
  "-": [(v) => v.map.zoom(1 / 1.6), "Further", "Map"],
  0: [(v) => v.map.whole(), "All posts", "Map"],
  ArrowLeft: [(v) => v.map.pan(-1, 0), "West", "Map"],
  ArrowRight: [(v) => v.map.pan(1, 0), "East", "Map"],
  ArrowUp: [(v) => v.map.pan(0, -1), "North", "Map"],
  ArrowDown: [(v) => v.map.pan(0, 1), "South", "Map"],
};

class MapPage extends Page {
  constructor() {
    super("gl-map", "gl-lanes");
    this.map = document.querySelector("gl-map");
    this.post = new URLSearchParams(location.search).get("post") ?? "";
    this.isPostByHand = Boolean(this.post);
  }

  /** The post whose lanes are shown. */
  postOf(posts) {
    this.post = chosenPost(posts, this.post, this.isPostByHand);
    return this.post;
  }

  /** Show another post; on a phone its lanes are further down. */
  choosePost(post, isByHand) {
    this.post = post;
    this.isPostByHand = true;
    remember({ post });
    this.renderNow();
    const lanes = document.querySelector("gl-lanes");
    if (isByHand && matchMedia("(max-width: 1180px)").matches) lanes.scrollIntoView();
  }

  draw() {
    if (this.board.isKnown) this.postOf(plan(this.board));
    super.draw();
  }

  move(step) {
    const codes = [...plan(this.board).keys()];
    if (!codes.length) return;
    const place = codes.indexOf(this.post) + step;
    this.choosePost(codes[(place + codes.length) % codes.length]);
  }

  readings(readings) {
    this.map.hear(readings);
  }

  search() {}

  leave() {
    document.activeElement?.blur?.();
  }
}

new MapPage().start(KEYS, [["Map", "Drag, or Ctrl and the wheel", ["mouse"]]]);
