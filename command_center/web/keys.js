// The keys: those of every page, those of acts and pictures, and `g` with a letter for another page.
// Single letters are off while typing, and can be turned off altogether.
import { cap, el } from "./dom.js";
import { PAGES, mayOpen } from "./pages.js";
import { showDialog } from "./steps.js";

const LETTERS_OFF = "letters-off";
/** After `g` the letter is awaited so long, in ms. */
const GO_MS = 2_000;

// key: [what it does, how the list of keys calls it, its section, what an officer's role needs for it]
const EVERYWHERE = {
  "/": [(v) => v.search(), "Search", "Everywhere"],
  "?": [() => openKeys(), "All keys", "Everywhere"],
  Escape: [(v) => v.leave(), "Leave, close", "Everywhere"],
};
/** What an officer does to the alert at hand. */
export const ACTS = {
  a: [(v) => v.act(v.current(), "acknowledge"), "Acknowledge", "Acts", "acts"],
  i: [(v) => v.act(v.current(), "start"), "Start: in progress", "Acts", "acts"],
  r: [(v) => v.act(v.current(), "resolve"), "Resolve", "Acts", "acts"],
  h: [(v) => v.act(v.current(), "assign"), "Hand over", "Acts", "acts"],
  n: [(v) => v.act(v.current(), "comment"), "Comment", "Acts", "acts"],
  c: [(v) => v.act(v.current(), "close"), "Close what is resolved", "Acts", "acts"],
  o: [(v) => v.act(v.current(), "reopen"), "Reopen", "Acts", "acts"],
  e: [(v) => v.takeEvidence(), "Export evidence", "Acts", "acts"],
  p: [(v) => v.print(), "Print what is opened", "Everywhere"],
  z: [(v) => v.takeBack(), "Take a comment back", "Acts", "acts"],
};
/** The picture that is opened. */
export const PICTURE = {
  b: [(v) => v.opened && v.viewer.toggleBoxes(), "Boxes on, off", "Picture"],
  "+": [(v) => v.opened && v.viewer.zoomBy(1.25), "Nearer", "Picture"],
  "-": [(v) => v.opened && v.viewer.zoomBy(1 / 1.25), "Further", "Picture"],
  0: [(v) => v.opened && v.viewer.whole(), "The whole picture", "Picture"],
};
/** Shown in the list of keys; the viewer itself listens. */
export const HELD = [["Picture", "Hold to see grey, inverse", ["1", "2"]], ["Picture", "Move it, when near", ["←", "→"]]];

const SAME = { ArrowDown: "j", ArrowUp: "k", "=": "+" };
/** Held down these go on; every other key acts once. */
const REPEATS = ["j", "k", "+", "-", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const NAMES = { Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫" };

const map = el("div", { class: "keymap" });
const letters = el("input", { type: "checkbox", id: "letters" });
const dialog = el("dialog", { id: "keys", "aria-labelledby": "keys-title" },
  el("header", {}, el("h2", { id: "keys-title" }, "Keys"), el("button", { class: "btn plain", type: "button", "data-do": "leave" }, "Close ", cap("Esc"))),
  map, el("label", { class: "keys-off" }, letters, " Single letters act (off: only Tab, Enter, arrows and Esc)"));
document.body.append(dialog);

/** Show all keys of this page. */
export const openKeys = () => showDialog(dialog);

const isOwn = (node, key) => {
  if (node.closest?.("dialog")) return true;
  if (node.matches?.("input[type=checkbox]")) return key === " ";
  if (node.matches?.("textarea, select")) return key !== "Escape";
  if (node.matches?.("input")) return !["Escape", "ArrowDown", "ArrowUp"].includes(key);
  // Enter on a button or a link is its own.
  return key === "Enter" && Boolean(node.closest?.("button, a"));
};

// An object names its digits first, whatever was written first; the list of keys begins with what is pressed most.
const isDigit = (key) => /^[0-9]$/.test(key);

/** Listen to the keys of the page, and to those of every page; `more` lines are only listed. */
export function listen(view, own, more = HELD) {
  const keys = new Map(Object.entries({ ...own, ...EVERYWHERE }).sort(([a], [b]) => isDigit(a) - isDigit(b)));
  let going = -Infinity; // when `g` was pressed
  list(keys, more);
  letters.checked = localStorage.getItem(LETTERS_OFF) === null;
  letters.addEventListener("change", () => {
    if (letters.checked) localStorage.removeItem(LETTERS_OFF);
    else localStorage.setItem(LETTERS_OFF, "1");
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isOwn(event.target, event.key)) return;
    if (event.key.length === 1 && !letters.checked) return;
    const page = event.timeStamp - going < GO_MS && Object.values(PAGES).find((one) => one.key === event.key && mayOpen(one));
    going = event.key === "g" ? event.timeStamp : -Infinity;
    if (page) return void location.assign(page.path);
    const key = keys.has(event.key) ? event.key : SAME[event.key];
    if (!keys.has(key)) return;
    if (event.repeat && !REPEATS.includes(key)) return;
    event.preventDefault();
    keys.get(key)[0](view);
  });
}

function list(keys, more) {
  const pages = Object.values(PAGES).map(({ key, word, needs }) => ["Pages", word, ["g", key], needs]);
  const told = [...keys].filter(([, [, word]]) => word).map(([key, [, word, section, needs]]) => [section, word, [NAMES[key] ?? key], needs]);
  const lines = [...pages, ...told, ...more.filter(([section]) => told.some(([of]) => of === section))];
  const sections = [...new Set(lines.map(([section]) => section))];
  map.replaceChildren(...sections.map((section) => sectionOf(section, lines.filter(([of]) => of === section))));
}

function sectionOf(section, lines) {
  const [[, , , needs]] = lines;
  const all = lines.every(([, , , need]) => need === needs) ? needs : null; // its title goes with the last of its lines
  return el("section", { "data-needs": all }, el("h3", {}, section),
    el("ul", {}, ...lines.map(([, word, caps, need]) => el("li", { "data-needs": need }, el("span", {}, word), el("span", {}, ...caps.map(cap))))));
}
