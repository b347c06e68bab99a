// The two pages before the desk: sign in, and set the first password.
import { Refused, ask, tell } from "./api.js";
import { reveal, say, set } from "./dom.js";

const form = document.querySelector("form");
const trouble = form.querySelector(".trouble");
const button = form.querySelector("button[type=submit]");
const word = button.textContent;

const SENDS = {
  "sign-in": ({ name, password }) => tell("/api/sign-in", { name, password }),
  "set-password": ({ name, password, again, current }) => {
    if (password !== again) throw new Refused(1, "The two passwords differ.");
    return tell("/api/password", current ? { password, current } : { name, password });
  },
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  reveal(trouble, false);
  set(button, "aria-disabled", "true");
  say(button, "One moment");
  try {
    await SENDS[form.id](Object.fromEntries(new FormData(form)));
    location.assign("/");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    reveal(trouble, true);
    say(trouble, error.message);
    form.querySelector("#password").select();
  } finally {
    set(button, "aria-disabled", false);
    say(button, word);
  }
});

form.querySelector("[data-do=show]").addEventListener("change", (event) => {
  for (const field of form.querySelectorAll("[name=password], [name=again], [name=current]")) field.type = event.target.checked ? "text" : "password";
});

if (location.hash === "#used-link") {
  reveal(trouble, true);
  say(trouble, "This link was used already, or is too old. An administrator gives you a new one; the first of all is printed when the command center starts again.");
}

if (form.id === "set-password") {
  ask("/api/me").then(({ name, must_set_password: isFirst }) => {
    const field = form.querySelector("#name");
    field.value = name;
    // A name is chosen once, with the first password; later the present password is asked for.
    field.readOnly = !isFirst;
    reveal(form.querySelector("#means"), isFirst);
    reveal(form.querySelector("#shown-name"), isFirst);
    reveal(form.querySelector("#back"), !isFirst);
    if (!isFirst) say(document.querySelector("#title"), "Change your password");
    for (const part of form.querySelectorAll("[for=current], #current")) reveal(part, !isFirst);
    form.querySelector("#current").required = !isFirst;
    if (!isFirst) form.querySelector("#current").focus();
  }).catch((error) => { if (error.status === 401) location.assign("/sign-in"); });
}
