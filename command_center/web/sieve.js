// Which scans a filter lets through. Pure.
import { inOrder } from "./plan.js";
import { label, subject } from "./words.js";

/** The kinds, in the order of their buttons; a picture that failed was not looked at, so nothing was found or not found. */
export const KINDS = {
  all: { word: "All", holds: () => true, none: "No picture has been scanned yet." },
  boxes: { word: "With boxes", holds: (scan) => scan.detections.length > 0, none: "No picture has boxes." },
  nothing: { word: "Nothing found", holds: (scan) => !scan.failed && !scan.detections.length, none: "There is no picture in which nothing was found." },
  failed: { word: "Failed", holds: (scan) => Boolean(scan.failed), none: "The model could look at every picture." },
  away: { word: "On its way", holds: (scan) => Boolean(scan.picture) && !scan.is_kept, none: "Every picture has come." },
};

/** Whether the words typed are all somewhere in what the card says. */
function matches(scan, search) {
  const text = [scan.subject, subject(scan.subject), scan.device, scan.post, scan.source, scan.failed, ...scan.detections.map((d) => label(d.label))].join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Whether a scan is let through by {kind, device, label, search}; empty ones let everything through. */
export function passes(scan, filter) {
  return KINDS[filter.kind].holds(scan)
    && (!filter.device || scan.device === filter.device)
    && (!filter.label || scan.detections.some((d) => d.label === filter.label))
    && (!filter.search || matches(scan, filter.search));
}

/** The newest first. */
export const newest = (a, b) => b.seenMs - a.seenMs || inOrder(a.id, b.id);
