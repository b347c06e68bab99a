// The one websocket: snapshot, then changes. It reconnects by itself and says honestly since when it cannot.
import { ask } from "./api.js";
import { signInAgain } from "./pages.js";

/** Waits between tries, in seconds; the last one repeats. */
const BACK_OFF_S = [1, 2, 4, 8, 15];
/** Without a word for so long the link counts as lost: the command center says a tick every 5 s. */
const SILENCE_MS = 16_000;
/** The command center closes with this when this screen was too slow: come again for a snapshot. */
const TOO_SLOW = 4008;

/** Tells `hear(message)` each message and `turned()` each change of its own `state`. */
export class Live {
  state = "connecting"; // connecting, live, offline
  since = null; // ms by this screen's clock: since when offline
  nextTry = null; // ms by this screen's clock
  #socket = null;
  #tries = 0;
  #timer = 0;
  #watchdog = 0;
  #watched = new Map();

  constructor({ hear, turned }) {
    this.hear = hear;
    this.turned = turned;
    addEventListener("online", () => this.tryNow());
  }

  /** Open the link, now. */
  connect() {
    clearTimeout(this.#timer);
    this.nextTry = null;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/live`);
    this.#socket = socket;
    // What came together is told together. Any of it may make us leave, and then the rest is not ours.
    socket.onmessage = (event) => {
      for (const message of JSON.parse(event.data)) if (socket === this.#socket) this.#heard(message);
    };
    socket.onclose = (event) => { if (socket === this.#socket) this.#lost(event.code === TOO_SLOW); };
    this.#watch();
    this.turned();
  }

  /** Do not wait for the next try. */
  tryNow() {
    if (this.nextTry !== null) this.connect();
  }

  /** Something is missing: leave and come back for a new snapshot. */
  resync() {
    const socket = this.#socket;
    this.#lost(true);
    socket?.close();
  }

  /** From now on tell the readings of this metric, after a reconnect too. */
  watch(device, metric) {
    this.#watched.set(`${device}\n${metric}`, { device, metric });
    this.#tell({ kind: "watch", device, metric });
  }

  /** No more. */
  unwatch(device, metric) {
    this.#watched.delete(`${device}\n${metric}`);
    this.#tell({ kind: "unwatch", device, metric });
  }

  /** Every {device, metric} that is watched. */
  watching() {
    return [...this.#watched.values()];
  }

  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #heard(message) {
    this.#watch();
    if (message.kind === "snapshot") {
      this.#tries = 0;
      this.state = "live";
      this.since = null;
      for (const watched of this.#watched.values()) this.#tell({ kind: "watch", ...watched });
    }
    this.hear(message);
    if (message.kind === "snapshot") this.turned();
  }

  #watch() {
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#watchdog = setTimeout(() => {
      if (socket !== this.#socket) return;
      this.#lost(false);
      socket.close();
    }, SILENCE_MS);
  }

  #lost(isAtOnce) {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#timer);
    this.#socket = null;
    if (this.state !== "offline" && !isAtOnce) {
      this.state = "offline";
      this.since = Date.now();
    }
    const base = BACK_OFF_S[Math.min(this.#tries, BACK_OFF_S.length - 1)] * 1000;
    // Spread: fifty desks must not knock in the same millisecond.
    const wait = isAtOnce && this.#tries === 0 ? 50 : base * (0.8 + 0.4 * Math.random());
    this.#tries += 1;
    this.nextTry = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
    this.turned();
    this.#who();
  }

  // A socket does not say why it was refused; a plain question does.
  async #who() {
    try {
      const me = await ask("/api/me");
      if (me.must_set_password) location.assign("/set-password");
    } catch (refused) {
      if (refused.status === 401) signInAgain();
    }
  }
}
