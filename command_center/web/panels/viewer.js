// The picture as the machine made it: zoom, pan, numbered boxes, and looks that last only while they are held.
import { Refused, bytes } from "../api.js";
import { cap, el, icon, reveal, say, set, svg } from "../dom.js";
import { age, label, subject, time } from "../words.js";
import { corners, pathOf } from "./marks.js";
import { Sight, ZOOM_MAX } from "./zoom.js";
import * as trust from "./trust.js";

/** A look at the picture lasts as long as its key: decisions are made on the plain one. */
const LOOKS = { grey: { key: "1", word: "Grey" }, inverse: { key: "2", word: "Inverse" } };
/** A picture that has not come is asked for again so often, in ms. */
const AGAIN_MS = 5_000;
/** After so long, in ms, it is said that a picture is slow to come. */
const SLOW_MS = 4_000;
const CORNER_PX = 22;

async function decoded(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    throw new Refused(1, "The bytes came, but they are no picture that can be shown.");
  }
  return image;
}

export class Viewer extends HTMLElement {
  #sight = new Sight();
  #shown = null; // the hash of the picture on the screen
  #loading = null;
  #askedAt = 0;
  #askedKept = false; // whether the gateway had it when it was last asked for
  #pointers = new Map();
  #timer = 0;

  connectedCallback() {
    this.sign = trust.sign();
    this.name = el("span", { class: "id" });
    this.place = el("span", { class: "meta place" });
    this.image = el("img", { alt: "", draggable: "false", hidden: true });
    this.boxes = svg("svg", { class: "overlay", "aria-hidden": "true" });
    this.frame = el("div", { class: "frame", hidden: true });
    this.note = el("div", { class: "mid away-note", hidden: true }, el("p"), el("p", { class: "meta" }), el("button", { class: "btn", type: "button", onclick: () => this.#load() }, "Read again"));
    this.stage = el("div", { class: "stage", tabindex: "0", role: "application", "aria-label": "Picture: arrows move, plus and minus zoom, 0 shows all" }, this.image, this.frame, this.boxes, this.note);
    this.zoom = el("output", {}, "100 %");
    this.boxesButton = this.#button("Boxes", "b", () => this.toggleBoxes(), { "aria-pressed": "true" });
    this.original = el("a", { class: "btn", download: "" }, "Original");
    this.append(
      el("header", {}, el("h2", { id: "viewer-title", class: "bagline" }, icon("scan"), this.name), this.place, this.sign,
        this.#button("Back", "Esc", () => this.view.close(), { class: "btn plain" })),
      this.stage,
      el("div", { class: "looks", role: "group", "aria-label": "Looks" }, el("span", { class: "meta hold" }, "Hold to look"),
        ...Object.entries(LOOKS).map(([look, { key, word }]) => this.#lookButton(look, key, word)),
        el("span", { class: "push" }), this.boxesButton, this.original,
        el("span", { class: "zoom" }, this.#square("−", "Smaller", () => this.zoomBy(1 / 1.25)), this.zoom, this.#square("+", "Larger", () => this.zoomBy(1.25)))));
    this.#listen();
    new ResizeObserver(() => { this.#sight.resize(this.stage.clientWidth, this.stage.clientHeight); this.#place(); }).observe(this.stage);
  }

  #button(word, key, act, more = {}) {
    return el("button", { class: "btn", type: "button", onclick: act, ...more }, word, cap(key));
  }
  #square(sign, label, act) {
    return el("button", { class: "btn square", type: "button", "aria-label": label, onclick: act }, sign);
  }
  #lookButton(look, key, word) {
    const on = () => this.look(look);
    const off = () => this.look("plain");
    const held = (event) => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); on(); } };
    return el("button", { class: "btn", type: "button", "data-look": look, "aria-pressed": "false", onpointerdown: on, onpointerup: off, onpointerleave: off, onpointercancel: off, onkeydown: held, onkeyup: off, onblur: off, oncontextmenu: (event) => event.preventDefault() }, word, cap(key));
  }

  /** Look at it another way; `plain` ends it. */
  look(look) {
    set(this.stage, "data-look", look === "plain" ? false : look);
    for (const button of this.querySelectorAll("[data-look].btn")) set(button, "aria-pressed", String(button.dataset.look === look));
  }

  toggleBoxes() {
    const isOn = this.boxesButton.getAttribute("aria-pressed") !== "true";
    set(this.boxesButton, "aria-pressed", String(isOn));
    this.boxes.classList.toggle("off", !isOn);
  }

  /** Nearer by a factor, around the middle or a point of the stage. */
  zoomBy(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    this.#sight.zoom(factor, x, y);
    this.#place();
  }

  /** The whole picture. */
  whole() {
    this.#sight.fit();
    this.#place();
  }

  pan(dx, dy) {
    this.#sight.pan(dx, dy);
    this.#place();
  }

  show(view) {
    this.view = view;
    const seen = view.seen();
    if (!seen?.picture) { this.#forget(); return; }
    trust.show(this, this.sign, trust.trustOf(view));
    const { picture, scan, about } = seen;
    say(this.name, about.subject ? subject(about.subject) : about.device);
    say(this.place, `${about.post}, ${about.device}, ${time(about.observed_at ?? about.opened_at, view.now)}`);
    this.seen = seen;
    if (picture.sha256 !== this.#shown) this.#begin(picture);
    else if (scan?.is_kept && !this.#askedKept && !this.#loading) this.#load(); // it has just come
    this.#describe(seen);
    if (!this.isHere) this.#tellAway();
  }

  /** Nothing is opened: let the picture go. */
  rest() {
    this.#forget();
  }

  #forget() {
    this.#shown = null;
    this.seen = null;
    this.#loading?.abort();
    this.#loading = null;
    clearTimeout(this.#timer);
  }

  #begin(picture) {
    this.#forget();
    this.seen = this.view.seen();
    this.#shown = picture.sha256;
    this.isHere = false;
    this.trouble = null;
    reveal(this.image, false);
    this.#sight.picture(picture.width_px || 1, picture.height_px || 1);
    this.#sight.resize(this.stage.clientWidth, this.stage.clientHeight);
    this.#sight.fit();
    this.original.href = `/api/blobs/${picture.sha256}`;
    this.#load();
    this.#place();
  }

  async #load() {
    clearTimeout(this.#timer);
    this.#loading?.abort();
    const { picture, scan } = this.seen;
    this.#askedKept = Boolean(scan?.is_kept);
    const asked = (this.#loading = new AbortController());
    this.#askedAt = Date.now();
    try {
      const image = await decoded(await bytes(pathOf(picture), asked.signal));
      if (asked !== this.#loading) return URL.revokeObjectURL(image.src);
      URL.revokeObjectURL(this.image.src);
      this.image.src = image.src;
      this.isHere = true;
      this.trouble = null;
      this.#sight.picture(image.naturalWidth, image.naturalHeight, picture);
      this.#place();
      this.view.ahead();
    } catch (error) {
      if (asked !== this.#loading || asked.signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      this.trouble = error;
      this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
    } finally {
      if (asked === this.#loading) this.#loading = null;
      this.view.render();
    }
  }

  #describe({ about, detections }) {
    const saw = detections.length ? `The model boxed ${detections.map((d, i) => `${i + 1}: ${label(d.label)}`).join(", ")}.` : "The model boxed nothing.";
    set(this.image, "alt", `Picture of ${about.subject || "an unnamed subject"} by ${about.device}. ${saw}`);
    reveal(this.image, this.isHere);
    reveal(this.frame, !this.isHere);
    reveal(this.note, !this.isHere);
    reveal(this.original, this.isHere);
  }

  // What stands where the picture will be: since when it is on its way, and what still waits.
  #tellAway() {
    const [said, means, again] = this.note.children;
    const { scan, about, picture } = this.seen;
    const status = this.trouble?.status;
    reveal(again, this.trouble && status !== 404);
    if (!this.trouble) {
      say(said, this.#loading ? "Reading the picture." : "The picture is not here.");
      const waited = Date.now() - this.#askedAt;
      return say(means, this.#loading && waited > SLOW_MS ? `The network is slow: asked for ${age(waited)} ago. What the model saw is shown as boxes.` : "");
    }
    if (status !== 404) {
      say(said, "The picture could not be read.");
      return say(means, `${this.trouble.message} Alerts do not need it.`);
    }
    if (!scan) {
      say(said, "The picture is not here.");
      return say(means, "Its scan is out of sight, so nobody can tell here whether it is still on its way or was erased when its time was over. What the model saw is shown as boxes.");
    }
    if (scan.is_kept) {
      say(said, "The picture is not here any more.");
      return say(means, "It had come, and was erased when its time was over: its hash and what the model saw are kept.");
    }
    const bulk = this.view.board.completeness.get(about.source)?.streams.find((stream) => stream.stream === "bulk");
    const waiting = bulk?.waiting ? `${bulk.waiting} messages of bulk still wait at ${about.source}` : `it has ${Math.ceil(picture.size_bytes / 1024)} KiB`;
    if (scan.failed) {
      say(said, "The picture is on its way, and the model could not look at it.");
      return say(means, scan.failed);
    }
    say(said, `The picture is on its way: ${waiting}.`);
    const lost = bulk?.lost ? ` ${bulk.lost} messages of bulk are declared lost there: it may never come.` : "";
    return say(means, `What the model saw came first and is shown as boxes. Seen ${time(about.observed_at ?? about.opened_at, this.view.now)}.${lost}`);
  }

  #place() {
    const { left, top, scale, width, height } = this.#sight;
    this.image.style.width = this.frame.style.width = `${width}px`;
    this.image.style.height = this.frame.style.height = `${height}px`;
    this.image.style.transform = this.frame.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
    this.image.classList.toggle("pixels", scale >= 4);
    say(this.zoom, `${Math.round(this.#sight.nearer * 100)} %`);
    this.stage.classList.toggle("near", this.#sight.nearer > 1.01);
    const drawn = (this.seen?.detections ?? []).flatMap(({ box }, i) => {
      const place = this.#sight.place(box);
      const d = corners(place, CORNER_PX);
      const [x, y] = [Math.max(0, place[0]), Math.max(24, place[1])];
      return [svg("path", { d, class: "box-halo", "data-box": place.map((n) => n.toFixed(1)).join(" ") }), svg("path", { d, class: "box-line" }),
        svg("rect", { x: x - 1, y: y - 23, width: 20, height: 20, rx: 2, class: "box-no" }), svg("text", { x: x + 9, y: y - 8, "text-anchor": "middle", class: "box-text" }, String(i + 1))];
    });
    this.boxes.replaceChildren(...drawn);
  }

  #listen() {
    const { stage } = this;
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = stage.getBoundingClientRect();
      this.zoomBy(Math.exp(-event.deltaY * 0.0016), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    stage.addEventListener("dblclick", (event) => {
      const box = stage.getBoundingClientRect();
      if (this.#sight.nearer > 1.01) this.whole();
      else this.zoomBy(Math.min(3, ZOOM_MAX), event.clientX - box.left, event.clientY - box.top);
    });
    stage.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      stage.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, event);
    });
    stage.addEventListener("pointermove", (event) => this.#dragged(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    stage.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (!step || this.#sight.nearer <= 1.01) return;
      event.preventDefault();
      event.stopPropagation();
      this.pan(...step);
    });
    addEventListener("keydown", (event) => {
      const look = Object.keys(LOOKS).find((name) => LOOKS[name].key === event.key);
      if (look && !this.hidden && !event.repeat && !event.target.matches?.("input, textarea, select") && !document.querySelector("dialog[open]")) this.look(look);
    });
    addEventListener("keyup", (event) => { if (["1", "2"].includes(event.key)) this.look("plain"); });
    addEventListener("blur", () => this.look("plain"));
  }

  #dragged(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.#pointers.values()].filter((pointer) => pointer.pointerId !== event.pointerId);
    this.#pointers.set(event.pointerId, event);
    if (!others.length) return this.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    const [other] = others; // two fingers: the distance between them zooms, around the still one
    const far = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
    const box = this.stage.getBoundingClientRect();
    this.zoomBy(far(event) / far(before), other.clientX - box.left, other.clientY - box.top);
  }
}
customElements.define("gl-viewer", Viewer);
