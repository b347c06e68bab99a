// Who is told of alerts: webhooks with how each delivery stands, and the MQTT topics.
import { Refused, tell } from "../api.js";
import { askForm, showOnce, sure } from "../dialogs.js";
import { draw, el, icon, reveal, say, set } from "../dom.js";
import { postWords, postsField, postsOf } from "../posts.js";
import { toast } from "../toast.js";
import { age, capital, count, many, time } from "../words.js";
import { Roster } from "./roster.js";

const ICONS = { live: "live", failing: "hole", disabled: "dash" };
const AT_LEAST = { "every severity": "low", "medium and above": "medium", "high and critical": "high", "critical alone": "critical" };
const severityWords = (level) => Object.keys(AT_LEAST).find((words) => AT_LEAST[words] === level);
const pathOf = ({ id }, leaf = "") => `/api/subscribers/${id}${leaf}`;

/** How much waits: `nothing waits`, `3 changes wait, the oldest 2 min`. */
const lagWords = (one) => (one.lag_changes ? `${many(one.lag_changes, "change")} wait${one.lag_changes === 1 ? "s" : ""}, ${age(one.lag_s * 1000)} old` : "nothing waits");

export class Subscribers extends Roster {
  name = "subscribers";
  heading = "Alert subscribers";
  path = "/api/subscribers";
  columns = ["Webhook", "Alerts of", "State", "Delivered", "Waits"];
  newWord = "New webhook";
  empty = ["No webhook is told of alerts.", "Give a URL: every change of an alert is sent there, signed by Standard Webhooks, and again until it is taken."];
  topics = null;

  take({ subscribers, topics }) {
    this.topics = topics ?? null;
    return subscribers;
  }

  keyOf = ({ id }) => id;
  isOver = ({ state }) => state === "disabled";

  cells(one, { now }) {
    const next = one.next_try_at ? `, the next in ${age(Date.parse(one.next_try_at) - now)}` : "";
    const why = one.state === "failing" ? `${many(one.tries, "try", "tries")} in vain${next}. ${one.reason}` : one.reason;
    const delivered = one.delivered_at ? `last ${age(now - Date.parse(one.delivered_at))} ago` : "";
    const skipped = one.skipped ? `${count(one.skipped)} skipped: they were kept no longer` : "";
    return [{ lead: one.name, under: one.url }, { lead: postWords(one.posts), isId: !one.posts.includes("*"), under: one.at_least === "low" ? "" : severityWords(one.at_least) },
      { lead: one.state === "disabled" ? "Paused" : capital(one.state), under: why, icon: ICONS[one.state], isBad: one.state === "failing" },
      { lead: count(one.delivered), under: [delivered, skipped].filter(Boolean).join("; ") },
      { lead: one.lag_changes ? count(one.lag_changes) : "Nothing", under: one.lag_changes ? `the oldest ${age(one.lag_s * 1000)}` : "" }];
  }

  acts(one) {
    const isOn = one.state !== "disabled";
    const turn = isOn ? { word: "Pause", run: () => this.#turn(one, false) } : { word: "Resume", run: () => this.#turn(one, true) };
    return [{ word: "Send a test", run: () => this.#test(one) }, turn, { word: "Remove", run: () => this.#remove(one) }];
  }

  /** The line about MQTT topics, above the table. */
  more() {
    this.line = el("div", { class: "topics", hidden: true }, icon("live"), el("span", { class: "two" }, el("span"), el("span")));
    return this.line;
  }

  showMore({ now }) {
    if (!reveal(this.line, this.rows)) return;
    const { topics } = this;
    const [glyph, two] = this.line.children;
    draw(glyph, !topics ? "dash" : topics.state === "live" ? "live" : "hole");
    set(this.line, "data-bad", topics?.state === "failing" ? "" : null);
    const last = topics?.published_at ? `, the last ${age(now - Date.parse(topics.published_at))} ago` : "";
    say(two.firstElementChild, topics ? `MQTT topics ${topics.filters.join(", ")}: ${topics.state}` : "MQTT topics: off");
    say(two.lastElementChild, !topics ? "On with [alert_topics] enabled = true in the command center's configuration, for those who prefer MQTT to webhooks."
      : `${topics.reason ? `${capital(topics.reason)}. ` : ""}${many(topics.published, "change")} said${last}; ${lagWords(topics)}.`);
  }

  async begin() {
    const mine = this.view.board.me?.posts ?? [];
    const made = await askForm({
      title: "New webhook", lead: "Every change of an alert goes there from now on, as a CloudEvent, signed.", word: "Make the webhook",
      fields: [{ name: "name", label: "Name", maxlength: 80, help: "Of the program or the people who receive." },
        { name: "url", label: "URL", type: "url", maxlength: 2000, help: "https, or http in a network that the configuration names." }, postsField(mine, mine),
        { name: "level", label: "Alerts of", options: Object.keys(AT_LEAST), value: "every severity" }],
      act: ({ name, url, posts, level }) => tell("/api/subscribers", { name: name.trim(), url: url.trim(), posts: postsOf(posts), at_least: AT_LEAST[level] }),
    });
    if (!made) return;
    this.load(this.view);
    await showOnce({ title: `Secret of ${made.subscriber.name}`, lead: "The receiver checks every delivery with it, by any library for Standard Webhooks.", label: "Signing secret", secret: made.secret });
  }

  async #test(one) {
    toast.tell(`A test is on its way to ${one.name}`, "done");
    try {
      const tried = await tell(pathOf(one, "/test"));
      if (tried.is_taken) toast.tell(`${one.name} took the test in ${count(tried.took_ms)} ms`, "done");
      else toast.tell(`${one.name} did not take the test. ${tried.reason}`, "refused");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      toast.tell(`The test was not sent. ${error.message}`, "refused");
    }
  }

  async #turn(one, isEnabled) {
    const lead = isEnabled ? `It goes on where it stopped${one.lag_changes ? `: ${lagWords(one)}` : ""}.` : "Nothing is sent to it until it is resumed; what changes meanwhile waits, as long as it is kept.";
    const word = isEnabled ? "Resume" : "Pause";
    if (!(await sure({ title: `${word} ${one.name}?`, lead, word, act: () => tell(pathOf(one), { is_enabled: isEnabled }) }))) return;
    toast.tell(`${one.name} is ${isEnabled ? "resumed" : "paused"}`, "done");
    this.load(this.view);
  }

  async #remove(one) {
    const lead = `It is forgotten with its secret; ${lagWords(one)}, and ${one.lag_changes ? "is never sent" : "nothing more is sent"}. Its last delivery was ${one.delivered_at ? time(one.delivered_at, this.view.now) : "never"}.`;
    if (!(await sure({ title: `Remove ${one.name}?`, lead, word: "Remove", act: () => tell(pathOf(one), {}, { method: "DELETE" }) }))) return;
    toast.tell(`${one.name} is removed`, "done");
    this.load(this.view);
  }
}
customElements.define("gl-subscribers", Subscribers);
