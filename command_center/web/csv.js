// What the explorer shows, as a table for a spreadsheet. Pure.

// A spreadsheet runs what begins like a formula; devices choose their own names.
const safe = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const cell = (text) => (/[",\r\n]/.test(safe(text)) ? `"${safe(text).replaceAll('"', '""')}"` : safe(text));

/** One line for each point within [from, to] in ms, oldest first, series by series; `step_s` is 0 where it is a reading. */
export function csvOf(series, [from, to]) {
  const lines = ["time,device,metric,unit,mean,low,high,step_s"];
  for (const { device, metric, unit, points, stepS } of series) {
    for (const { at, mean, low, high } of points) {
      if (at < from || at > to) continue;
      lines.push([new Date(at).toISOString(), cell(device), cell(metric), cell(unit), mean, low, high, stepS].join(","));
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}
