// Asks for the words of a comment; what was typed and left is there again for the same alert.
import { say } from "./dom.js";
import { subject } from "./words.js";

const dialog = document.querySelector("#note");
const text = dialog.querySelector("textarea");
const left = dialog.querySelector("#note-left");
const drafts = new Map();

text.addEventListener("input", () => say(left, `${2000 - text.value.length} characters left`));
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form").requestSubmit(dialog.querySelector("[type=submit]"));
});

/** The words, or null if the officer left. */
export function askNote(alert, words) {
  say(dialog.querySelector("#note-about"), `${alert.title}, ${subject(alert.subject)}`);
  text.value = words ?? drafts.get(alert.id) ?? "";
  text.dispatchEvent(new Event("input"));
  dialog.returnValue = "";
  dialog.showModal();
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
