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

/** The alert that a scan raised, or null. */
export function alertOf(board, scan) {
  const sha256 = scan?.picture?.sha256;
  return (sha256 && [...board.alerts.values()].find((one) => one.picture?.sha256 === sha256)) || null;
}
