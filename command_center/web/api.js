// Every question to the command center over HTTP, and how its refusals read.

/** The command center said no, or could not be reached (`status` 0); the message is a sentence. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function sentence(answer) {
  try {
    const { error } = await answer.json();
    if (typeof error === "string" && error) return /[.!?]$/.test(error) ? error : `${error}.`; // more is said behind it
  } catch { /* not JSON: the status is all we have */ }
  return `The command center answered ${answer.status}.`;
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, "The command center cannot be reached.");
  }
  if (!answer.ok) throw new Refused(answer.status, await sentence(answer));
  return answer;
}

/** Ask; the answer as data. */
export const ask = async (path) => (await call(path)).json();

/** Fetch bytes. */
export const bytes = async (path, signal) => (await call(path, { signal })).blob();

/** Tell; the answer as data, or null if there is none. `X-Greenlane` shows that our own page asks. */
export async function tell(path, data = {}, { keepalive = false, method = "POST" } = {}) {
  const headers = { "Content-Type": "application/json", "X-Greenlane": "1" };
  const answer = await call(path, { method, headers, body: JSON.stringify(data), keepalive });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}
