// A list that is read over HTTP, as a table: loading, empty, refused and offline look alike on each of them.
import { Refused, ask } from "../api.js";
import { cap, draw, el, icon, keyed, reveal, say, set } from "../dom.js";
import { signInAgain } from "../pages.js";
import { age } from "../words.js";
import { Search } from "./search.js";
import * as trust from "./trust.js";

/**
 * A list says: `name`, `heading`, `path`, `columns` (words), `take(answer)` to rows, `keyOf(row)`,
 * `cells(row, view)` ({lead, under, icon, isBad, isId} for each column), `acts(row, view)`
 * ({word, run, isPlain}), `empty` (two sentences), and `begin()` with `newWord` where one can add to it.
 */
export class Roster extends HTMLElement {
  rows = null;
  #error = null;
  #readAt = 0; // ms by the command center's clock
  #isLoading = false;
  #isAskedAgain = false;

  connectedCallback() {
    const { name } = this;
    this.sign = trust.sign();
    this.search = new Search(this.heading.toLowerCase(), "Any word of a row", () => this.view?.render());
    this.add = this.newWord ? el("button", { class: "btn primary", type: "button", onclick: () => this.begin() }, this.newWord, " ", cap("n")) : null;
    this.bones = trust.bones(this.heading.toLowerCase(), 7);
    this.body = el("tbody");
    this.table = el("table", {}, el("caption", { class: "visually-hidden" }, this.heading),
      el("thead", {}, el("tr", {}, ...this.columns.map((word) => el("th", { scope: "col" }, word)), el("th", { scope: "col" }, el("span", { class: "visually-hidden" }, "Acts")))), this.body);
    this.list = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": this.heading, hidden: true }, this.table);
    this.mid = el("div", { class: "mid", hidden: true }, el("p"), el("p", { class: "meta" }), el("button", { class: "btn", type: "button", onclick: () => this.load(this.view) }, "Try again"));
    this.append(...[
      el("header", { class: "wraps" }, el("h2", { id: `${name}-title` }, this.heading), this.sign, this.search.label, this.add),
      this.more?.() ?? null, this.bones, this.list, this.mid].filter(Boolean));
  }

  /** Read the list anew; what is shown stays until it is there. */
  async load(view) {
    this.view = view;
    // What was asked before an act does not tell of it: ask once more when that has come.
    if (this.#isLoading) return void (this.#isAskedAgain = true);
    this.#isLoading = true;
    try {
      this.rows = this.take(await ask(this.path));
      this.#error = null;
      this.#readAt = view.now;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) signInAgain();
      this.#error = error;
    } finally {
      this.#isLoading = false;
      view.render();
    }
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    await this.load(view);
  }

  show(view) {
    this.view = view;
    const { rows } = this;
    const isOffline = view.live.state === "offline" || this.#error?.status === 0;
    const words = rows && (isOffline || this.#error) ? `${isOffline ? "no link" : "not read"}, ${age(view.now - this.#readAt)} old` : "";
    trust.show(this, this.sign, { kind: isOffline ? "offline" : this.#error ? "stale" : rows ? "live" : "loading", words });
    reveal(this.bones, !rows && !this.#error);
    const found = (rows ?? []).filter((row) => this.#matches(row));
    reveal(this.list, found.length);
    keyed(this.body, found, (row) => this.keyOf(row), () => this.#make(), (node, row) => this.#update(node, row));
    this.#showMid(found);
    this.showMore?.(view);
    if (this.add) set(this.add, "aria-disabled", isOffline ? "true" : false);
  }

  #matches(row) {
    return this.search.finds(() => this.cells(row, this.view).map(({ lead, under }) => `${lead} ${under ?? ""}`));
  }

  #showMid(found) {
    const isBare = !this.rows && this.#error;
    if (!reveal(this.mid, isBare || (this.rows && !found.length))) return;
    const [said, means, again] = this.mid.children;
    const [empty, why] = this.empty;
    say(said, isBare ? `${this.heading} could not be read.` : this.rows.length ? `No row has “${this.search.words}” in it.` : empty);
    say(means, isBare ? this.#error.message : this.rows.length ? `${this.rows.length} in all.` : why);
    reveal(again, isBare);
  }

  #make() {
    const cells = this.columns.map((word) => el("td", { "data-title": word }, el("div", { class: "cell" }, icon("tick"), el("span", { class: "two" }, el("span"), el("span")))));
    return el("tr", { tabindex: "-1" }, ...cells, el("td", { class: "acts" }));
  }

  #update(node, row) {
    const told = this.cells(row, this.view);
    told.forEach(({ lead, under, icon: drawing, isBad, isId }, i) => {
      const [glyph, two] = node.children[i].firstElementChild.children;
      if (reveal(glyph, drawing)) draw(glyph, drawing);
      say(two.firstElementChild, String(lead));
      say(two.lastElementChild, under ?? "");
      set(two.firstElementChild, "class", isId ? "id" : null);
      reveal(two.lastElementChild, under);
      set(node.children[i], "data-bad", isBad ? "" : null);
      set(node.children[i], "title", under && under.length > 24 ? under : null);
    });
    set(node, "data-over", this.isOver?.(row) ? "" : null);
    const acts = this.acts(row, this.view);
    keyed(node.lastElementChild, acts, ({ word }) => word, ({ word }) => el("button", { class: "btn", type: "button" }, word), (button, act) => {
      button.onclick = () => act.run();
      set(button, "aria-label", `${act.word}: ${told[0].lead}`);
    });
  }

  /** Move the focus a row further. */
  move(step) {
    const rows = [...this.body.children];
    const place = rows.findIndex((row) => row.contains(document.activeElement));
    rows[place < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, place + step))]?.focus();
  }
}
