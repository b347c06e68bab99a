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

const whole = new Intl.NumberFormat("en-US"); // made once: `toLocaleString` looks it up with every number
/** Thousands with a comma. */
export const count = (n) => whole.format(Math.round(n));

/** `1 alert`, `3 alerts`. */
export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

/** Digits behind the point that say something about a value of this size: four in all, three unless it is tiny. */
const saying = (v) => Math.max(0, Math.min(Math.abs(v) < 0.01 ? 6 : 3, 3 - Math.floor(Math.log10(Math.abs(v) || 1))));

/** Digits behind the point that the value was told with. */
export const digitsOf = (v) => Math.min(saying(v), (String(v).split(".")[1] ?? "").length);

/** A measured value with a true minus, and with no more digits than known. */
export function value(v, digits = digitsOf(v)) {
  if (!Number.isFinite(v)) return "no value";
  const text = v.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

const UNITS = { Cel: "°C", "%RH": "% RH", "%EL": "%", "/": "", count: "", degC: "°C", lat: "°", lon: "°", "1": "" };
/** A unit of the SenML registry as people write it. */
export const unit = (u) => (u in UNITS ? UNITS[u] : u?.replace(/(?<=[ms])[23]\b/g, (power) => (power === "2" ? "²" : "³")));
/** A value and its unit, a space between. */
export const measured = (v, u, digits) => [value(v, digits), unit(u)].filter(Boolean).join(" ");

/** How the first agent comes, wherever nothing is known of any. */
export const ENROL = "Who runs the gateway lets an agent in with “greenlane gateway code”";

/** A container as painted on the box, a bag tag as printed; anything else as it came. */
export function subject(text) {
  if (/^[A-Z]{3}[UJZ][0-9]{7}$/.test(text)) return `${text.slice(0, 4)} ${text.slice(4, 10)} ${text.slice(10)}`;
  if (/^[0-9]{10}$/.test(text)) return `${text.slice(0, 4)} ${text.slice(4, 7)} ${text.slice(7)}`;
  return text;
}

/** What a model calls a thing, for people: `rhino_horn` is a rhino horn. */
export const label = (text) => text.replaceAll("_", " ");

/** Two digits that mean something: `8`, `15`, `250`, `0.066`. */
const factor = (n) => Number(n.toPrecision(2)).toLocaleString("en-US", { maximumSignificantDigits: 2 });

/** How much a score weighs, as the model's passport has it: never a probability, always with where the data end. */
export function weight({ ratio, low, high, measured_on: on }) {
  const often = high === null ? `at least ${factor(low)} times` : `${factor(ratio)} [${factor(low)}, ${factor(high)}] times`;
  const end = high === null ? ", and no honest bag ever did" : "";
  return `A bag that hides one scores like this ${often} as often as an honest bag${end}${on ? `; measured on ${on}` : ""}.`;
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

/** `812 KiB`, `8.1 MiB`. */
export const bytes = (n) => (n < 1048576 ? `${count(Math.max(1, n / 1024))} KiB` : `${(n / 1048576).toFixed(1)} MiB`);
