// Asks to whom an alert is handed over: one of the officers who may act, read anew each time.
import { Refused, ask } from "./api.js";
import { cap, el, reveal, say } from "./dom.js";
import { showDialog } from "./steps.js";
import { subject } from "./words.js";

const about = el("p", { class: "quiet" });
const who = el("select", { id: "hand-who", class: "choice", required: true });
const note = el("input", { id: "hand-note", class: "line-field", type: "text", maxlength: "2000", autocomplete: "off" });
const trouble = el("p", { class: "trouble", role: "alert", hidden: true });
const dialog = el("dialog", { id: "hand", "aria-labelledby": "hand-title" }, el("form", { method: "dialog" },
  el("header", {}, el("h2", { id: "hand-title" }, "Hand over"), el("button", { class: "btn plain", type: "button", "data-do": "leave" }, "Leave ", cap("Esc"))),
  el("div", { class: "note-body" }, about,
    el("label", { class: "meta", for: "hand-who" }, "To"), who,
    el("label", { class: "meta", for: "hand-note" }, "What they should know (may be empty)"), note, trouble,
    el("div", { class: "note-acts" }, el("span"), el("button", { class: "btn primary", type: "submit", value: "send" }, "Hand over")))));
document.body.append(dialog);

/** {assignee, note}, or null if the officer left. */
export async function askOfficer(alert, me) {
  say(about, `${alert.title}, ${subject(alert.subject)}${alert.assigned_to ? `; now with ${alert.assigned_to}` : ""}`);
  note.value = "";
  dialog.returnValue = "";
  const left = new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "send" && who.value ? { assignee: who.value, note: note.value.trim() } : null), { once: true });
  });
  showDialog(dialog);
  who.focus();
  await fill(me?.name ?? "", alert.assigned_to);
  return left;
}

// Who cannot act, or is put out, can take nothing.
async function fill(me, has) {
  try {
    const { officers } = await ask("/api/officers");
    const names = officers.filter((one) => one.is_active && one.role !== "viewer").map((one) => one.name);
    const others = names.filter((name) => name !== has);
    who.replaceChildren(...others.map((name) => el("option", { value: name }, name === me ? `${name} (you)` : name)));
    if (reveal(trouble, !others.length)) say(trouble, "Nobody else may act at this post.");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    reveal(trouble, true);
    say(trouble, `Who may act could not be read. ${error.message}`);
  }
}
