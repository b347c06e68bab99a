// Every key of the desk in one table; single letters are off while typing, and can be turned off altogether.
import { cap, el } from "./dom.js";

const LETTERS_OFF = "letters-off";

// key: [what it does, how the list of keys calls it, its section]
const KEYS = new Map(Object.entries({
  j: [(v) => v.list.move(1), "Next alert", "List"],
  k: [(v) => v.list.move(-1), "Previous alert", "List"],
  Enter: [(v) => v.selected && v.openAlert(v.selected), "Open the alert", "List"],
  ".": [(v) => v.list.letIn(), "Show new ones that wait", "List"],
  "/": [(v) => { if (v.opened) v.close(); v.list.field.focus(); }, "Search", "Everywhere"],
  "?": [() => document.querySelector("#keys").showModal(), "All keys", "Everywhere"],
  Escape: [leave, "Leave, close", "Everywhere"],
  a: [(v) => v.act(v.current(), "acknowledge"), "Acknowledge", "Acts"],
  i: [(v) => v.act(v.current(), "start"), "Start: in progress", "Acts"],
  r: [(v) => v.act(v.current(), "resolve"), "Resolve", "Acts"],
  n: [(v) => v.act(v.current(), "comment"), "Comment", "Acts"],
  z: [(v) => v.takeBack(), "Take a comment back", "Acts"],
  b: [(v) => v.opened && v.viewer.toggleBoxes(), "Boxes on, off", "Picture"],
  "+": [(v) => v.opened && v.viewer.zoomBy(1.25), "Nearer", "Picture"],
  "-": [(v) => v.opened && v.viewer.zoomBy(1 / 1.25), "Further", "Picture"],
}).concat([["0", [(v) => v.opened && v.viewer.whole(), "The whole picture", "Picture"]]]));
const SAME = { ArrowDown: "j", ArrowUp: "k", "=": "+" };
/** Held down these go on; every other key acts once. */
const REPEATS = ["j", "k", "+", "-"];

function leave(view) {
  const field = view.list.field;
  if (document.activeElement === field || view.list.search) {
    field.value = "";
    view.list.search = "";
    field.blur();
    view.select(view.selected);
    if (!view.opened) return;
  }
  if (view.opened) return void view.close();
  view.select(null);
  document.activeElement?.blur?.();
}

const isOwn = (node, key) => {
  if (node.closest?.("dialog")) return true;
  if (node.matches?.("textarea, select, input[type=checkbox]")) return key !== "Escape";
  if (node.matches?.("input")) return !["Escape", "ArrowDown", "ArrowUp"].includes(key);
  // Enter on a button or a link is its own.
  return key === "Enter" && Boolean(node.closest?.("button, a"));
};

/** Listen to the keys of the page. */
export function listen(view) {
  list();
  const letters = document.querySelector("#letters");
  letters.checked = localStorage.getItem(LETTERS_OFF) === null;
  letters.addEventListener("change", () => {
    if (letters.checked) localStorage.removeItem(LETTERS_OFF);
    else localStorage.setItem(LETTERS_OFF, "1");
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = SAME[event.key] ?? event.key;
    if (isOwn(event.target, event.key) || !KEYS.has(key)) return;
    if (event.key.length === 1 && !letters.checked) return;
    if (event.repeat && !REPEATS.includes(key)) return;
    event.preventDefault();
    KEYS.get(key)[0](view);
  });
}

function list() {
  const lines = [...[...KEYS].map(([key, [, word, section]]) => [section, word, [key === "Escape" ? "Esc" : key]]), ["Picture", "Hold to see grey, inverse", ["1", "2"]], ["Picture", "Move it, when near", ["←", "→"]]];
  const sections = ["Everywhere", "List", "Acts", "Picture"];
  document.querySelector("#keys .keymap").append(...sections.map((section) => el("section", {}, el("h3", {}, section),
    el("ul", {}, ...lines.filter(([of]) => of === section).map(([, word, keys]) => el("li", {}, el("span", {}, word), el("span", {}, ...keys.map(cap))))))));
}
