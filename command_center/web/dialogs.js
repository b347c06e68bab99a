// Questions of the administration: a form that stays open until it is taken, a secret shown once, a last question.
import { Refused } from "./api.js";
import { cap, el, reveal, say, set } from "./dom.js";
import { showDialog } from "./steps.js";

let count = 0;

function dialogOf(title, ...body) {
  const id = `ask-${(count += 1)}`;
  const node = el("dialog", { class: "ask", "aria-labelledby": id },
    el("header", {}, el("h2", { id }, title), el("button", { class: "btn plain", type: "button", "data-do": "leave" }, "Leave ", cap("Esc"))), ...body);
  document.body.append(node);
  node.addEventListener("close", () => node.remove());
  return node;
}

const closed = (node) => new Promise((resolve) => { node.addEventListener("close", resolve, { once: true }); });

function inputOf({ name, value, options, type = "text", ...rest }, id, described) {
  const common = { id, name, "aria-describedby": described };
  if (!options) return el("input", { ...common, class: "line-field", type, value, autocomplete: "off", spellcheck: "false", required: true, ...rest });
  return el("select", { ...common, class: "choice" }, ...options.map((one) => el("option", { value: one, selected: one === value }, one)));
}

/** Ask for `fields` ({name, label, help, value, options, …attributes}) and do `act(values)`; its answer, or null. */
export async function askForm({ title, lead, fields, word, act }) {
  const trouble = el("p", { class: "trouble", role: "alert", hidden: true });
  const send = el("button", { class: "btn primary", type: "submit" }, word);
  const parts = fields.flatMap(({ label, help, ...field }) => {
    const id = `field-${field.name}`;
    const described = help ? `${id}-help` : null;
    return [el("label", { for: id }, label), inputOf(field, id, described), help ? el("p", { class: "meta", id: described }, help) : null];
  });
  const form = el("form", { class: "note-body" }, lead ? el("p", { class: "quiet" }, lead) : null, ...parts, trouble, el("div", { class: "note-acts" }, el("span"), send));
  const node = dialogOf(title, form);
  let answer = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.hasAttribute("aria-disabled")) return;
    set(send, "aria-disabled", "true");
    reveal(trouble, false);
    try {
      answer = await act(Object.fromEntries(new FormData(form)));
      node.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reveal(trouble, true);
      say(trouble, error.message);
    } finally {
      set(send, "aria-disabled", false);
    }
  });
  showDialog(node);
  // What cannot be taken back is never done by a second Enter.
  (fields.length ? form.elements[0] : node.querySelector("[data-do=leave]")).focus();
  await closed(node);
  return answer;
}

/** Show a secret this once, with a button that copies it; Esc closes only after that. */
export async function showOnce({ title, lead, label, secret }) {
  let isCopied = false;
  const field = el("input", { id: "secret", class: "line-field id", type: "text", readonly: true, value: secret });
  const told = el("p", { class: "meta", role: "status" }, "It is shown this once: nobody can read it here again.");
  const copy = el("button", { class: "btn primary", type: "button", onclick: async () => {
    isCopied = await copied(field);
    say(told, isCopied ? "Copied. It is shown this once: keep it where only its owner reads." : "It could not be copied: it is marked, press Ctrl C.");
  } }, "Copy");
  const done = el("button", { class: "btn", type: "button", onclick: () => node.close() }, "I have it");
  const node = dialogOf(title, el("div", { class: "note-body" }, el("p", { class: "quiet" }, lead), el("label", { for: "secret" }, label), field, told, el("div", { class: "note-acts" }, copy, done)));
  node.querySelector("[data-do=leave]").remove();
  node.addEventListener("cancel", (event) => { if (!isCopied) event.preventDefault(); });
  // A browser lets a second Esc through whatever a page says: this one does not reach it.
  node.addEventListener("keydown", (event) => { if (event.key === "Escape" && !isCopied) event.preventDefault(); });
  showDialog(node);
  copy.focus();
  await closed(node);
  field.value = "";
}

async function copied(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return false; // no leave to, or the page came over plain http
  }
}

/** A last question before what cannot be taken back; `act` is done on yes, and its refusal is shown. */
export const sure = ({ title, lead, word, act }) => askForm({ title, lead, fields: [], word, act: async () => { await act(); return true; } });
