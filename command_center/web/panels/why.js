// The opened alert or scan in words: what the model saw, the evidence, what officers did, seen and told.
import { VERBS } from "../acts.js";
import { cap, el, icon, keyed, reveal, say, set } from "../dom.js";
import { pathTo } from "../pages.js";
import { age, count, label, short, subject, time, weight } from "../words.js";
import { severity, showSeverity, showState, showThumbnail, state, thumbnail, unsigned } from "./marks.js";
import { HONEST, iconOf, isSimulated, modelWords, toldWords } from "./sight.js";
import * as trust from "./trust.js";
import "./evidence.js";

const DONE = Object.fromEntries(Object.entries(VERBS).map(([verb, { done }]) => [verb, done]));

const block = (title, ...children) => el("section", { class: "block" }, el("h3", {}, title), ...children);
const fact = (word) => el("div", {}, el("dt", {}, word), el("dd", { class: "break" }));

export class Why extends HTMLElement {
  connectedCallback() {
    this.tabIndex = -1;
    this.sign = trust.sign();
    this.severity = severity();
    this.state = state();
    this.title2 = el("p", { class: "lead break" });
    this.detail = el("p", { class: "quiet break" });
    this.told = el("p", { class: "quiet" });
    this.acts = el("gl-acts");
    this.simulated = el("p", { class: "simulated", hidden: true }, icon("sensor"), el("span", {}, "Simulated: this comes from a simulated device, not from a border."));
    this.boxes = el("ol", { class: "saw" });
    this.honest = el("p", { class: "meta" }, HONEST);
    this.nothing = el("p", { class: "quiet", hidden: true });
    this.facts = { model: fact("Model"), took: fact("Took"), picture: fact("Picture"), place: fact("Place"), device: fact("Device"), rule: fact("Rule"), times: fact("Findings"), id: fact("Alert") };
    this.sawBlock = block("What the model saw", this.boxes, this.nothing, this.honest, el("dl", { class: "passport" }, this.facts.model, this.facts.took, this.facts.picture));
    this.facts.device.lastChild.append((this.twin = el("a")), (this.behind = el("span")), " ", (this.plate = unsigned()));
    this.paper = thumbnail();
    this.paper.classList.add("paper");
    this.printed = el("p", { class: "paper" });
    this.evidence = el("ol", { class: "evidence" });
    this.evidenceBlock = block("What it rests on", this.evidence);
    this.done = el("ol", { class: "done" });
    this.doneBlock = block("What officers did", this.done);
    this.archive = el("gl-evidence");
    this.archiveBlock = block("Evidence for others", this.archive);
    this.archiveBlock.classList.add("off-paper");
    const { place, device, rule, times, id } = this.facts;
    this.back = el("button", { class: "btn plain push", type: "button", onclick: () => this.view.close() }, "Back", cap("Esc"));
    this.head = el("section", { class: "block" }, this.title2, this.detail, this.told, this.simulated, this.acts);
    this.append(
      el("header", {}, el("h2", { id: "why-title", class: "visually-hidden" }, "The alert"), this.severity, this.state, this.sign, this.back),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Why" }, this.head, this.paper, this.sawBlock, this.evidenceBlock, this.doneBlock, this.archiveBlock,
        block("The rest", el("dl", { class: "passport" }, place, device, rule, times, id)), this.printed));
    // In one column the acts stand at the thumb: the page ends so much lower that they hide nothing of it.
    new ResizeObserver(([{ borderBoxSize: [box] }]) => document.documentElement.style.setProperty("--acts", `${box.blockSize}px`)).observe(this.acts);
  }

  show(view) {
    this.view = view;
    const seen = view.seen();
    if (!seen) return;
    trust.show(this, this.sign, trust.trustOf(view));
    const { alert, about } = seen;
    say(this.querySelector("#why-title"), alert ? `Alert: ${alert.title}` : "Scan");
    this.querySelector("#why-title").classList.toggle("visually-hidden", Boolean(alert));
    reveal(this.back, !seen.picture);
    for (const node of [this.severity, this.state, this.acts, this.archiveBlock]) reveal(node, alert);
    if (alert) this.archive.show(view, alert);
    if (alert) this.#showAlert(alert);
    else this.#showScanOnly(about);
    reveal(this.simulated, isSimulated(view, about));
    this.#showSaw(seen);
    this.#showEvidence(alert);
    this.#showDone(alert);
    this.#showRest(seen);
    this.#showPaper(seen);
  }

  #showAlert(alert) {
    showSeverity(this.severity, alert.severity);
    showState(this.state, alert.state);
    say(this.title2, alert.title);
    say(this.detail, (alert.is_active ? "" : "Over by itself. ") + alert.detail);
    reveal(this.detail, this.detail.textContent);
    say(this.told, toldWords(alert, this.view.now));
    this.acts.show(this.view, alert);
  }

  #showScanOnly(scan) {
    const n = scan.detections.length;
    say(this.title2, scan.failed ? "The model could not look at this picture" : n ? `The model boxed ${n === 1 ? "one thing" : `${n} things`}` : "The model boxed nothing");
    say(this.detail, scan.failed || "No alert was raised from this scan.");
    reveal(this.detail, true);
    say(this.told, `Seen ${time(scan.observed_at, this.view.now)}.`);
  }

  #showSaw({ picture, detections, scan, about }) {
    if (!reveal(this.sawBlock, picture || detections.length)) return;
    keyed(this.boxes, detections.map((d, i) => ({ ...d, no: i + 1 })), (d) => d.no,
      (d) => el("li", { class: "found" }, el("span", { class: "tagno" }, String(d.no)), el("span", { class: "strong" }), el("span", { class: "raw" }), el("span", { class: "meta weight", hidden: true })),
      (node, d) => {
        say(node.children[1], label(d.label));
        say(node.children[2], `score ${d.score.toFixed(2)}`);
        if (reveal(node.children[3], d.likelihood)) say(node.children[3], weight(d.likelihood));
      });
    reveal(this.honest, detections.length);
    const failed = scan?.failed ? `It could not look: ${scan.failed}` : "";
    if (reveal(this.nothing, !detections.length)) say(this.nothing, failed || "Nothing. That does not show that nothing is there.");
    const model = about.model ?? scan?.model;
    this.#fact("model", model ? modelWords(model) : "");
    set(this.facts.model.lastChild, "title", model?.sha256 ?? false);
    this.#fact("took", scan?.milliseconds ? `${count(scan.milliseconds)} ms` : "");
    this.#fact("picture", picture ? `${picture.width_px} × ${picture.height_px} px, ${count(picture.size_bytes / 1024)} KiB, sha256 ${short(picture.sha256)}` : "");
    set(this.facts.picture.lastChild, "title", picture?.sha256 ?? false);
  }

  #fact(name, words) {
    if (reveal(this.facts[name], words)) say(this.facts[name].lastChild, words);
  }

  #showEvidence(alert) {
    if (!reveal(this.evidenceBlock, alert?.evidence.length)) return;
    const { now } = this.view;
    keyed(this.evidence, alert.evidence, (e) => `${e.source}${e.epoch}${e.stream}${e.sequence}`,
      (e) => el("li", {}, icon(iconOf(e.type)), el("div", { class: "two" }, el("span", { class: "break" }), el("span", { class: "meta break" }))),
      (node, e) => {
        say(node.lastChild.firstChild, e.says);
        say(node.lastChild.lastChild, `${time(e.observed_at, now)}, ${e.source} ${e.stream} ${count(e.sequence)}, ${e.hash.slice(0, 12)}…`);
        set(node.lastChild.lastChild, "title", e.hash);
      });
  }

  #showDone(alert) {
    if (!reveal(this.doneBlock, alert?.acts.length)) return;
    const { now } = this.view;
    keyed(this.done, alert.acts, (act) => act.act,
      () => el("li", {}, icon("officer"), el("div", {}, el("p", {}, el("span", { class: "strong" }), " ", el("span", { class: "quiet" })), el("p", { class: "note break" }))),
      (node, act) => {
        const [who, note] = node.lastChild.children;
        say(who.firstElementChild, `${DONE[act.verb] ?? act.verb} by ${act.officer}`);
        say(who.lastElementChild, `as ${act.role}, ${time(act.at, now)}, ${age(now - Date.parse(act.at))} ago`);
        if (reveal(note, act.note)) say(note, act.note);
      });
  }

  // What only paper needs: the picture in one size, of which day the times are, and that a copy proves nothing.
  #showPaper({ picture, detections, scan }) {
    const { now, board } = this.view;
    if (reveal(this.paper, picture)) showThumbnail(this.paper, picture, detections, scan?.is_kept, { numbered: true });
    say(this.printed, `Printed from Greenlane ${new Date(now).toISOString().slice(0, 10)}, ${time(now, now)}, by ${board.me?.name ?? "nobody"}; a time without a date is of that day. A copy to read: what proves it is the archive of evidence.`);
  }

  #showRest({ alert, about }) {
    const { device, agent } = this.view.board.device(about.device, about.source);
    this.#fact("place", [about.post, device?.lane && (/lane/i.test(device.lane) ? device.lane : `lane ${device.lane}`), about.subject && `subject ${subject(about.subject)}`].filter(Boolean).join(", "));
    say(this.twin, about.device);
    set(this.twin, "href", pathTo("devices", { device: about.device, source: about.source }));
    reveal(this.plate, agent?.is_unsigned);
    say(this.behind, [device?.title && `, ${device.title}`, `, behind ${about.source}`].filter(Boolean).join(""));
    this.#fact("rule", alert?.rule);
    this.#fact("times", alert ? `${count(alert.times)}, ${alert.is_active ? "it still holds" : "it is over by itself"}` : "");
    this.#fact("id", about.id);
    say(this.facts.id.firstChild, alert ? "Alert" : "Scan");
  }
}
customElements.define("gl-why", Why);
