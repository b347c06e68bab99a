// The two pages before the desk: sign in, and set the first password.
import { Refused, ask, tell } from "./api.js";
import { reveal, say, set } from "./dom.js";

const form = document.querySelector("form");
const trouble = form.querySelector(".trouble");
const button = form.querySelector("button[type=submit]");
const word = button.textContent;

const SENDS = {
  "sign-in": ({ name, password }) => tell("/api/sign-in", { name, password }),
  "set-password": ({ password, again }) => {
    if (password !== again) throw new Refused(1, "The two passwords differ.");
    return tell("/api/password", { password });
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
  for (const field of form.querySelectorAll("#password, #again")) field.type = event.target.checked ? "text" : "password";
});

if (form.id === "set-password") {
  ask("/api/me").then(({ name }) => {
    say(form.querySelector("#who"), name);
    form.querySelector("#name").value = name;
  }).catch((error) => { if (error.status === 401) location.assign("/sign-in"); });
}
