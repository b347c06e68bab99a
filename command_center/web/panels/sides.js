// What stands beside the alerts on the desk, one at a time: the same choice in the header of each.
import { el, set } from "../dom.js";
import { here } from "../pages.js";

/** By the name of the panel's element, without `gl-`. */
export const SIDES = { lanes: "Lanes", map: "Map", agents: "Agents" };
const KEPT = "side";

/** Which one the officer had last. */
export const lastSide = () => (localStorage.getItem(KEPT) in SIDES ? localStorage.getItem(KEPT) : "lanes");

/** Remember it. */
export const keepSide = (side) => localStorage.setItem(KEPT, side);

/** The choice, for the header of a panel; none on other pages. `chose` hears which. */
export function sides(chose) {
  if (here() !== "desk") return null;
  return el("div", { class: "tabs sides", role: "group", "aria-label": "Shown beside the alerts" },
    ...Object.entries(SIDES).map(([side, word]) => el("button", { type: "button", "data-side": side, onclick: () => chose(side) }, word)));
}

/** Show which one is taken. */
export function showSides(node, taken) {
  for (const button of node?.children ?? []) set(button, "aria-pressed", String(button.dataset.side === taken));
}
