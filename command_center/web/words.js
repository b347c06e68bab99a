// How times, ages, numbers and identifiers are written (VISUAL.md, section 4). Pure.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");

/** `14:07:32 UTC` today, `17 Nov 18:40 UTC` on another day; `at` in ms or RFC 3339. */
export function time(at, now) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "no time";
  const today = new Date(now).toISOString().slice(0, 10) === date.toISOString().slice(0, 10);
  const hour = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (today) return `${hour}:${two(date.getUTCSeconds())} UTC`;
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${hour} UTC`;
}

/** `48 s`, `17 min`, `1 h 04`, `3 d`; a duration in ms. */
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}`;
  return `${Math.floor(s / 86400)} d`;
}

/** Thousands with a comma. */
export const count = (n) => Math.round(n).toLocaleString("en-US");

/** `1 alert`, `3 alerts`. */
export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

/** A measured value: no more digits than say something, a true minus; `isWhole` for what only counts. */
export function value(v, isWhole = Number.isInteger(v)) {
  if (!Number.isFinite(v)) return "no value";
  const size = Math.abs(v);
  const digits = size >= 1000 || isWhole ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = v.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

const UNITS = { Cel: "°C", "%RH": "% RH", "%EL": "%", "/": "", count: "", degC: "°C", "1": "" };
/** A unit of the SenML registry as people write it. */
export const unit = (u) => (u in UNITS ? UNITS[u] : u);
/** A value and its unit, a space between. */
export const measured = (v, u, isWhole) => [value(v, isWhole), unit(u)].filter(Boolean).join(" ");

/** A container as painted on the box, a bag tag as printed; anything else as it came. */
export function subject(text) {
  if (/^[A-Z]{3}[UJZ][0-9]{7}$/.test(text)) return `${text.slice(0, 4)} ${text.slice(4, 10)} ${text.slice(10)}`;
  if (/^[0-9]{10}$/.test(text)) return `${text.slice(0, 4)} ${text.slice(4, 7)} ${text.slice(7)}`;
  return text;
}

/** `Critical`, `In progress`. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The two ends of a hash. */
export const short = (hash) => `${hash.slice(0, 4)}…${hash.slice(-4)}`;

/** `4 s`, `2 min 04 s`, `1 h 04`: how long after, in ms, to the second below an hour. */
export function lag(ms) {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return age(ms);
}
