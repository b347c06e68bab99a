// How far the screen can be trusted now: the same sentence on every panel's header.
import { el, icon, reveal, say, set } from "../dom.js";
import { age } from "../words.js";

/** The gateway's word is older than this: stale, whatever else is said. Milliseconds. */
export const STALE_MS = 30_000;

/** `loading`, `live`, `stale` or `offline`, and the words for it. */
export function trustOf({ board, live, clock, now }) {
  if (live.state === "offline") {
    const since = live.since + (clock.now() - Date.now());
    return { kind: board.isKnown ? "offline" : "none", words: `no link, ${age(now - since)} old`, since };
  }
  if (!board.isKnown) return { kind: "loading", words: "", since: null };
  const { state, heard_at: heard } = board.gateway;
  if (state === "live") return { kind: "live", words: "", since: null };
  if (!heard) return { kind: "stale", words: "the gateway was never heard", since: null };
  return { kind: "stale", words: `${age(now - Date.parse(heard))} old`, since: Date.parse(heard) };
}

/** The sign in a panel's header. */
export const sign = () => {
  const node = el("span", { class: "trust meta", hidden: true }, icon("hole"), el("span"));
  return node;
};

/** Show on a panel what `trustOf` says. */
export function show(panel, node, trust) {
  set(panel, "data-trust", trust.kind);
  if (reveal(node, trust.words)) say(node.lastElementChild, trust.words);
}

/** Bones in the shape to come. */
export function bones(what, lines) {
  return el("div", { class: "bones" }, el("p", { class: "visually-hidden" }, `Loading ${what}`),
    ...Array.from({ length: lines }, () => el("div", { class: "bone" })));
}
