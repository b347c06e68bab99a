// The pages at the thumb, on a phone.
import { el, icon } from "../dom.js";
import { PAGES, here } from "../pages.js";

document.body.append(el("nav", { class: "thumb", "aria-label": "Pages, at the thumb" },
  ...Object.entries(PAGES).map(([name, { path, word, icon: drawing, needs }]) => el("a", { href: path, "data-needs": needs, "aria-current": name === here() ? "page" : null }, icon(drawing), word))));
