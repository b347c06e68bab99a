// What is opened, an alert or a scan, together with its picture. Pure.

/** The opened {alert: id} or {scan: id} with all that is known of it, or null. */
export function seenOf(board, opened) {
  if (!opened) return null;
  const alert = opened.alert ? board.alerts.get(opened.alert) : null;
  const scan = opened.scan ? board.scans.get(opened.scan) : board.scanOf(alert?.picture);
  const about = alert ?? scan;
  if (!about) return null;
  const detections = alert?.detections.length ? alert.detections : (scan?.detections ?? []);
  return { alert, scan, about, picture: about.picture ?? null, detections };
}

/** The alerts that have a picture, by its hash. */
export function pictured(board) {
  const found = new Map();
  for (const alert of board.alerts.values()) {
    const sha256 = alert.picture?.sha256;
    if (sha256 && !found.has(sha256)) found.set(sha256, alert);
  }
  return found;
}

/** The alert that a scan raised, or null. */
export const alertOf = (board, scan) => (scan?.picture && pictured(board).get(scan.picture.sha256)) || null;
