// Asks for the words of a comment; what was typed and left is there again for the same alert.
import { cap, el, say } from "./dom.js";
import { showDialog } from "./steps.js";
import { subject } from "./words.js";

const about = el("p", { class: "quiet", id: "note-about" });
const text = el("textarea", { id: "note-text", maxlength: "2000", rows: "5", required: true });
const left = el("span", { class: "meta", id: "note-left" });
const send = el("button", { class: "btn primary", type: "submit", value: "send" }, "Comment ", cap("Ctrl Enter"));
const form = el("form", { method: "dialog" },
  el("header", {}, el("h2", { id: "note-title" }, "Comment"), el("button", { class: "btn plain", type: "button", "data-do": "leave" }, "Leave ", cap("Esc"))),
  el("div", { class: "note-body" }, about,
    el("label", { class: "meta", for: "note-text" }, "Everyone sees it beside the alert, and the journal keeps it."),
    text, el("div", { class: "note-acts" }, left, send)));
const dialog = el("dialog", { id: "note", "aria-labelledby": "note-title" }, form);
const drafts = new Map();
document.body.append(dialog);

text.addEventListener("input", () => say(left, `${2000 - text.value.length} characters left`));
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(send);
});

/** The words, or null if the officer left. */
export function askNote(alert, words) {
  say(about, `${alert.title}, ${subject(alert.subject)}`);
  text.value = words ?? drafts.get(alert.id) ?? "";
  text.dispatchEvent(new Event("input"));
  dialog.returnValue = "";
  showDialog(dialog);
  text.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const note = text.value.trim();
      const isSent = dialog.returnValue === "send" && note;
      if (isSent) drafts.delete(alert.id);
      else drafts.set(alert.id, note);
      resolve(isSent ? note : null);
    }, { once: true });
  });
}
