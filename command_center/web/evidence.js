// Archives of evidence: the gateway makes one, the command center fetches it, the browser keeps the file.
import { Refused, ask, tell } from "./api.js";
import { el } from "./dom.js";

/** So often it is asked how far it is, in ms. */
const POLL_MS = 1_000;
/** A command center that cannot be reached is asked again for so long, in ms. */
const AWAY_MS = 60_000;

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** What of them this page had made; `turned(alert, told)` hears how one went on. */
export class Evidence {
  #told = new Map();

  constructor({ board, link, turned }) {
    this.board = board;
    this.link = link;
    this.turned = turned;
  }

  /** How far the archive of an alert is: as the command center tells it, with `begun` in ms; or null. */
  of(alert) {
    return this.#told.get(alert.id) ?? null;
  }

  /** Why this officer cannot have it made now, as a sentence; empty if nothing stands against it. */
  against(alert) {
    if (this.board.me?.role === "viewer") return "A viewer may look, not take evidence out.";
    if (this.link.state === "offline") return "This screen is offline: nothing can be asked for.";
    return ["making", "fetching"].includes(this.of(alert)?.state) ? "It is being made." : "";
  }

  /** Have it made, follow it, save it. */
  async take(alert) {
    if (this.against(alert)) return;
    const begun = Date.now();
    this.#turn(alert, { state: "making", begun });
    try {
      let told = await tell(`/api/alerts/${encodeURIComponent(alert.id)}/evidence`);
      while (told.state === "making" || told.state === "fetching") {
        this.#turn(alert, { ...told, begun });
        await wait(POLL_MS);
        told = await this.#asked(`/api/evidence/${told.export}`);
      }
      this.#turn(alert, { ...told, begun });
      if (told.state === "ready") this.save(alert);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#turn(alert, { state: "failed", error: error.message, begun });
    }
  }

  /** Hand the file to the browser. */
  save(alert) {
    const told = this.of(alert);
    const link = el("a", { href: `/api/evidence/${told.export}/archive`, download: `evidence-${alert.id}.zip`, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
  }

  async #asked(path) {
    for (const since = Date.now(); ;) {
      try {
        return await ask(path);
      } catch (error) {
        if (!(error instanceof Refused) || error.status || Date.now() - since > AWAY_MS) throw error;
        await wait(POLL_MS);
      }
    }
  }

  #turn(alert, told) {
    this.#told.set(alert.id, told);
    this.turned(alert, told);
  }
}
