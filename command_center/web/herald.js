// New alerts said aloud, for who does not look: a critical one at once, a burst as one sentence, the others now and then. Pure.
import { many, subject } from "./words.js";

/** Critical ones that come within so long of the last sentence are one sentence, in ms. */
const BURST_MS = 5_000;
/** The others are counted for so long, in ms. */
const OTHERS_MS = 30_000;

const nameOf = (alert) => `${alert.title}, ${subject(alert.subject) || alert.device}, ${alert.post}`;

const criticalWords = (alerts) => (alerts.length === 1
  ? `Critical: ${nameOf(alerts[0])}`
  : `${many(alerts.length, "critical alert")}, the last: ${nameOf(alerts.at(-1))}`);

/** Says to `urgent` and `polite`, each a function of words; `after(act, ms)` waits. */
export class Herald {
  #critical = [];
  #others = 0;
  #spoke = { urgent: false, polite: false }; // a moment ago: what comes now waits

  constructor({ urgent, polite, after = setTimeout }) {
    this.say = { urgent, polite };
    this.after = (act, ms) => after(act, ms);
  }

  /** An alert was opened, or one that is open has become critical. */
  hear(alert) {
    if (alert.severity === "critical") this.#critical.push(alert);
    else this.#others += 1;
    this.#speak();
  }

  #speak() {
    if (this.#critical.length && !this.#spoke.urgent) this.#tell("urgent", criticalWords(this.#critical.splice(0)), BURST_MS);
    if (!this.#others || this.#spoke.polite) return;
    const words = many(this.#others, "new alert");
    this.#others = 0;
    this.#tell("polite", words, OTHERS_MS);
  }

  #tell(how, words, quietMs) {
    this.#spoke[how] = true;
    this.say[how](words);
    this.after(() => { this.#spoke[how] = false; this.#speak(); }, quietMs);
  }
}
