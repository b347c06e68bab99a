// The two pages before the desk: sign in, and set the first password.
import { Refused, ask, tell } from "./api.js";
import { signInAgain, wanted } from "./pages.js";
import { reveal, say, set } from "./dom.js";

const form = document.querySelector("form");
const trouble = form.querySelector("#refused");
const button = form.querySelector("button[type=submit]");
const word = button.textContent;

const SENDS = {
  "sign-in": ({ name, password }) => tell("/api/sign-in", { name, password }),
  "set-password": ({ name, password, again, current }) => {
    if (password !== again) throw new Refused(1, "The two passwords differ.");
    return tell("/api/password", current ? { password, current } : { name, password });
  },
};

/** What led here, by the address; with what to do next. */
const CAME_BY = {
  "#used-link": "This link opens only once: it was opened before, or it is too old. If you have set a password, sign in with it here. If not, ask an administrator for a new link; the very first one is printed again when the command center starts.",
  "#ended": "Your session has ended. Sign in again, and you are back where you were.",
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  reveal(trouble, false);
  set(button, "aria-disabled", "true");
  say(button, "One moment");
  try {
    await SENDS[form.id](Object.fromEntries(new FormData(form)));
    location.assign(wanted());
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

if (form.id === "sign-in") {
  const came = form.querySelector("#came");
  if (reveal(came, CAME_BY[location.hash])) say(came, CAME_BY[location.hash]);
  // Who followed a link of another site came without the cookie (SameSite=Strict), but may be signed in.
  if (location.hash || location.search.includes("from=")) ask("/api/me").then(() => location.replace(wanted())).catch(() => {});
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
  }).catch((error) => { if (error.status === 401) signInAgain(); });
}
