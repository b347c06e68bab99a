// The browser's Back and Forward: what is opened over a page is a step of its history, and so is a dialog.
// The address says what is opened, so that it can be handed on and reloaded; an entry says how deep it lies.
import { here, pathTo } from "./pages.js";

const depth = () => history.state?.depth ?? 0;
const address = () => location.pathname + location.search;

let shown = { path: address(), isOpen: null }; // by the page; null until it tells for the first time
let under = 1; // how deep what is opened lies: 0 where the page was entered by its address
let dialog = null; // the one that lies over everything
let isGoing = false; // a way back of our own is not done yet: until then nothing is written
let returned = () => {};

/** `came(asked)` shows at once what an address (URLSearchParams) asks for: Back or Forward led to it. */
export function onReturn(came) {
  returned = came;
}

/** Write what is shown into the address; opening something is a step, which closing it takes back. */
export function remember(query, isOpen = false) {
  if (isOpen && !shown.isOpen) under = shown.isOpen === null ? Math.min(1, depth()) : 1;
  shown = { path: pathTo(here(), query), isOpen };
  settle();
}

/** Show a dialog; Back leaves it, as Esc does. */
export function showDialog(node) {
  dialog = node;
  node.addEventListener("close", () => {
    if (dialog === node) dialog = null;
    settle();
  }, { once: true });
  node.showModal();
  settle();
}

// Bring the history to what is shown. A way back takes a moment: what comes meanwhile waits for its end.
function settle() {
  if (isGoing) return;
  const wanted = (shown.isOpen ? under : 0) + (dialog ? 1 : 0);
  if (depth() > wanted) {
    isGoing = true;
    history.go(wanted - depth());
  } else if (depth() < wanted) {
    history.pushState({ depth: depth() + 1 }, "", shown.path);
    settle();
  } else if (address() !== shown.path) {
    history.replaceState(history.state, "", shown.path);
  }
}

// A dialog that may not be left yet stays, and gets its step again.
function leaveDialog() {
  if (!dialog?.dispatchEvent(new Event("cancel", { cancelable: true }))) return;
  const left = dialog;
  dialog = null;
  left.close();
}

addEventListener("popstate", () => {
  if (!isGoing) {
    leaveDialog();
    under = Math.min(1, depth());
    if (!dialog) returned(new URLSearchParams(location.search));
  }
  isGoing = false;
  settle();
});
