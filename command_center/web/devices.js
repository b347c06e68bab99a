// The devices of every agent, and the chosen one as the gateway knows it now: its twin.
import { set } from "./dom.js";
import { Page } from "./page.js";
import { keyOf } from "./panels/devices.js";
import { remember } from "./steps.js";
import "./panels/twin.js";

const KEYS = {
  j: [(v) => v.list.move(1), "Next device", "List"],
  k: [(v) => v.list.move(-1), "Previous device", "List"],
  "[": [(v) => v.twin.longer(-1), "A shorter time", "Device"],
  "]": [(v) => v.twin.longer(1), "A longer time", "Device"],
  x: [(v) => v.twin.explore(), "Explore its metrics", "Device"],
};

class Devices extends Page {
  constructor() {
    super("gl-devices", "gl-twin");
    this.list = document.querySelector("gl-devices");
    this.twin = document.querySelector("gl-twin");
    const asked = new URLSearchParams(location.search);
    this.wanted = { device: asked.get("device") ?? "", source: asked.get("source") ?? "" };
  }

  /** The chosen device with its agent: {device, agent}, or null. */
  chosen() {
    const { device, source } = this.wanted;
    if (!device) return null;
    const found = this.board.device(device, source);
    return found.device ? found : null;
  }

  /** Show another device; none for the list alone. */
  choose(source, device) {
    this.wanted = { source, device };
    this.selected = device ? keyOf({ source }, { device }) : null;
    this.renderNow();
  }

  came(asked) {
    this.choose(asked.get("source") ?? "", asked.get("device") ?? "");
  }

  draw() {
    const found = this.chosen();
    this.selected = found ? keyOf(found.agent, found.device) : null;
    set(document.querySelector("#main"), "data-open", this.wanted.device ? "words" : null);
    super.draw();
    const { device, source } = this.wanted;
    if (this.board.isKnown) remember({ device, source }, Boolean(device));
  }

  readings(readings) {
    this.twin.hear(readings);
  }

  search() {
    this.list.search.field.focus();
  }

  leave() {
    if (this.list.search.leave()) return;
    this.choose("", "");
    document.activeElement?.blur?.();
  }
}

new Devices().start(KEYS, []);
