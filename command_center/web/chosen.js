// Which post is looked at: what the officer chose, else the one that wants them most; it stays until they choose.
import { SEVERITIES } from "./panels/marks.js";

const need = ({ worst }) => (worst ? SEVERITIES.indexOf(worst) : SEVERITIES.length);

/** The code of the post to show; empty if none is known. */
export function chosenPost(posts, wanted) {
  if (posts.has(wanted)) return wanted;
  const [first] = [...posts.values()].sort((a, b) => need(a) - need(b) || b.spots.length - a.spots.length);
  return first?.post ?? "";
}
