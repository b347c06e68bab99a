// API tokens: programs that read alerts, each for some posts and some time.
import { tell } from "../api.js";
import { askForm, showOnce, sure } from "../dialogs.js";
import { postWords, postsField, postsOf } from "../posts.js";
import { toast } from "../toast.js";
import { age, time } from "../words.js";
import { Roster } from "./roster.js";

const DAYS_MAX = 366;

export class Tokens extends Roster {
  name = "tokens";
  heading = "API tokens";
  path = "/api/tokens";
  columns = ["Name", "Reads", "Made by", "Last used", "Ends"];
  newWord = "New token";
  empty = ["No program has a token.", "With one it reads alerts by REST, server-sent events or websocket, and nothing else."];

  take = ({ tokens }) => [...tokens].sort((a, b) => this.isOver(a) - this.isOver(b) || b.created_at.localeCompare(a.created_at));
  keyOf = ({ id }) => id;
  isOver = (one) => one.is_revoked || Date.parse(one.ends_at) <= this.view.now;

  cells(one, { now }) {
    const left = Date.parse(one.ends_at) - now;
    const ends = one.is_revoked ? { lead: "Taken back", icon: "cross" } : left <= 0 ? { lead: "Ended", under: time(one.ends_at, now), icon: "cross" } : { lead: `in ${age(left)}`, under: time(one.ends_at, now) };
    const used = one.used_at ? { lead: `${age(now - Date.parse(one.used_at))} ago`, under: time(one.used_at, now) } : { lead: "Never" };
    return [{ lead: one.name, under: one.id }, { lead: "Alerts", under: postWords(one.posts) }, { lead: one.officer, under: time(one.created_at, now) }, used, ends];
  }

  acts(one) {
    return this.isOver(one) ? [] : [{ word: "Revoke", run: () => this.#revoke(one) }];
  }

  async begin() {
    const mine = this.view.board.me?.posts ?? [];
    const made = await askForm({
      title: "New API token", lead: "It reads alerts of its posts and nothing else, and never reaches further than you do: it ends when you are put out.", word: "Make the token",
      fields: [{ name: "name", label: "Name", maxlength: 80, help: "Of the program or the people who read." }, postsField(mine, mine),
        { name: "days", label: "Days until it ends", type: "number", min: 1, max: DAYS_MAX, value: 90 }],
      act: ({ name, posts, days }) => tell("/api/tokens", { name: name.trim(), posts: postsOf(posts), days: Number(days) }),
    });
    if (!made) return;
    this.load(this.view);
    await showOnce({ title: `Token of ${made.token.name}`, lead: "The program sends it as: Authorization: Bearer TOKEN", label: "Token", secret: made.secret });
  }

  async #revoke(one) {
    const lead = `Whoever reads with it is cut off at once, and it cannot be given back. ${one.used_at ? `It was last used ${age(this.view.now - Date.parse(one.used_at))} ago.` : "It was never used."}`;
    if (!(await sure({ title: `Revoke the token of ${one.name}?`, lead, word: "Revoke", act: () => tell(`/api/tokens/${one.id}`, {}, { method: "DELETE" }) }))) return;
    toast.tell(`The token of ${one.name} is revoked`, "done");
    this.load(this.view);
  }
}
customElements.define("gl-tokens", Tokens);
