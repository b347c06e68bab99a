// Who may sign in: invited by a one-time link, with a role at some posts.
import { tell } from "../api.js";
import { askForm, showOnce, sure } from "../dialogs.js";
import { isWithin, postWords, postsField, postsOf } from "../posts.js";
import { toast } from "../toast.js";
import { capital } from "../words.js";
import { Roster } from "./roster.js";

const ROLES = ["viewer", "officer", "supervisor", "admin"];
const MEANS = "A viewer sees, an officer acts on alerts, a supervisor also makes API tokens, an admin does what is on this page.";
const pathOf = (name, leaf = "") => `/api/officers/${encodeURIComponent(name)}${leaf}`;

export class Officers extends Roster {
  name = "officers";
  heading = "Officers";
  path = "/api/officers";
  columns = ["Name", "Role", "Posts", "State"];
  newWord = "Invite an officer";
  empty = ["There is no officer of your posts.", "Invite one: the link that you get works once, for 24 hours."];

  take = ({ officers }) => officers;
  keyOf = ({ name }) => name;
  isOver = ({ is_active: isActive }) => !isActive;

  get me() {
    return this.view.board.me ?? { name: "", posts: [] };
  }

  cells(one) {
    const state = !one.is_active ? { lead: "Put out", under: "cannot sign in", icon: "cross" }
      : one.has_password ? { lead: "May sign in", icon: "tick" } : { lead: "Invited", under: "the link was not used yet, or is too old", icon: "dash" };
    return [{ lead: one.name, under: one.name === this.me.name ? "you" : "", icon: "officer" }, { lead: capital(one.role) }, { lead: postWords(one.posts), isId: !one.posts.includes("*") }, state];
  }

  acts(one) {
    if (one.name === this.me.name || !isWithin(one.posts, this.me.posts)) return [];
    if (!one.is_active) return [{ word: "Take back in", run: () => this.#turn(one, true) }];
    return [{ word: "Change", run: () => this.#change(one) }, { word: "New link", run: () => this.#reset(one) }, { word: "Put out", run: () => this.#putOut(one) }];
  }

  async begin() {
    const mine = this.me.posts;
    const made = await askForm({
      title: "Invite an officer", lead: MEANS, word: "Make the link",
      fields: [{ name: "name", label: "Name", maxlength: 40, help: "Others see it beside what they do; the journal keeps it." },
        { name: "role", label: "Role", options: ROLES, value: "officer" }, postsField(mine.includes("*") ? [] : mine, mine)],
      act: async ({ name, role, posts }) => ({ name: name.trim(), ...(await tell("/api/officers", { name: name.trim(), role, posts: postsOf(posts) })) }),
    });
    if (made) await this.#link(made.name, made.link);
  }

  #link(name, link) {
    this.load(this.view);
    return showOnce({ title: `One-time link for ${name}`, lead: `${name} opens it, sets a password, and is in. It works once, for 24 hours; whoever opens it first is ${name}.`, label: "Link", secret: `${location.origin}${link}` });
  }

  async #change(one) {
    const done = await askForm({
      title: `Change ${one.name}`, lead: MEANS, word: "Change",
      fields: [{ name: "role", label: "Role", options: ROLES, value: one.role }, postsField(one.posts, this.me.posts)],
      act: ({ role, posts }) => tell(pathOf(one.name), { role, posts: postsOf(posts) }),
    });
    if (done) this.#said(`${one.name} is now ${done.role} of ${postWords(done.posts)}`);
  }

  async #reset(one) {
    let link = "";
    const lead = `For one who forgot the password, or never used the link: the password of ${one.name} holds no more, and every screen where they are signed in ends at once.`;
    const isDone = await sure({ title: `New link for ${one.name}?`, lead, word: "Make a new link", act: async () => { ({ link } = await tell(pathOf(one.name, "/link"))); } });
    if (isDone) await this.#link(one.name, link);
  }

  async #putOut(one) {
    const lead = `${one.name} is signed out everywhere at once, and their API tokens open nothing. What they did stays; they can be taken back in.`;
    if (await sure({ title: `Put ${one.name} out?`, lead, word: "Put out", act: () => tell(pathOf(one.name), { is_active: false }) })) this.#said(`${one.name} is put out`);
  }

  async #turn(one, isActive) {
    const lead = `${one.name} may sign in again as ${one.role} of ${postWords(one.posts)}${one.has_password ? ", with the password that they had" : ""}.`;
    if (await sure({ title: `Take ${one.name} back in?`, lead, word: "Take back in", act: () => tell(pathOf(one.name), { is_active: isActive }) })) this.#said(`${one.name} may sign in again`);
  }

  #said(words) {
    toast.tell(words, "done");
    this.load(this.view);
  }
}
customElements.define("gl-officers", Officers);
