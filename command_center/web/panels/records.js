// What was done on this page, and what evidence was taken out: by whom, to whom, and what came of it. Nobody can change it here.
import { postWords } from "../posts.js";
import { capital, time } from "../words.js";
import { Roster } from "./roster.js";

const CAME = {
  done: () => ({ lead: "Done", icon: "tick" }),
  refused: ({ reason }) => ({ lead: "Refused", under: reason, icon: "cross" }),
  begun: () => ({ lead: "Not known", under: "the command center ended in the middle of it", icon: "hole", isBad: true }),
};

export class Records extends Roster {
  name = "records";
  heading = "What was done";
  path = "/api/audit";
  columns = ["When", "Who", "What", "Posts", "Came of it"];
  empty = ["Nothing was done here yet.", "Every change of officers, tokens and subscribers, and all evidence that is taken out, is written here and kept in the journal."];

  take = ({ records }) => records;
  keyOf = ({ act }) => act;

  cells(one, { now }) {
    return [{ lead: time(one.at, now) }, { lead: one.officer, under: one.role },
      { lead: `${capital(one.verb)}${/token|subscriber|evidence/.test(one.verb) ? "" : ` ${one.about}`}`, under: one.detail },
      { lead: one.posts.length ? postWords(one.posts) : "", isId: one.posts.length && !one.posts.includes("*") }, CAME[one.state](one)];
  }

  acts = () => [];
}
customElements.define("gl-records", Records);
