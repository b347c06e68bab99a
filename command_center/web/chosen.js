// Which post is looked at: what the officer chose, else the one that wants them most; it stays until they choose.
import { SEVERITIES } from "./panels/marks.js";

const need = ({ worst }) => (worst ? SEVERITIES.indexOf(worst) : SEVERITIES.length);

/** The code of the post to show; empty if none is known. One that nobody chose (`isByHand`) gives way while it is empty. */
export function chosenPost(posts, wanted, isByHand) {
  const shown = posts.get(wanted);
  if (shown && (isByHand || shown.spots.length || shown.alerts.length)) return wanted;
  const [first] = [...posts.values()].sort((a, b) => need(a) - need(b) || b.spots.length - a.spots.length);
  return first?.post ?? "";
}
