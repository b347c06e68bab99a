// The pages, in the order of the bar: where each is, what it is called, and the letter behind `g`.

export const PAGES = {
  desk: { path: "/", word: "Desk", key: "d", icon: "desk" },
  map: { path: "/map", word: "Map", key: "m", icon: "place" },
  devices: { path: "/devices", word: "Devices", key: "v", icon: "sensor" },
  explore: { path: "/explore", word: "Explore", key: "e", icon: "live" },
  scans: { path: "/scans", word: "Scans", key: "s", icon: "scan" },
  admin: { path: "/admin", word: "Admin", key: "a", icon: "officer", needs: "admin" },
};

/** Whether the officer's role reaches a page; the command center asks again. */
export const mayOpen = ({ needs }) => !needs || document.documentElement.dataset.role === needs;

/** Nobody is signed in any more: the way in, from which one comes back here. */
export const signInAgain = () => location.assign(`/sign-in?from=${encodeURIComponent(location.pathname + location.search)}#ended`);

/** Where one wanted to go before signing in: a page of this command center, else the desk. */
export function wanted() {
  const from = new URLSearchParams(location.search).get("from") ?? "/";
  const url = URL.canParse(from, location.origin) ? new URL(from, location.origin) : null;
  return from.startsWith("/") && url?.origin === location.origin ? url.pathname + url.search : "/";
}

/** Which page this document is. */
export const here = () => document.documentElement.dataset.page;

/** A page with what it shall show, {name: value} or URLSearchParams; empty values are left out. */
export function pathTo(page, query = {}) {
  const asked = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const search = new URLSearchParams(asked.filter(([, value]) => value)).toString();
  return search ? `${PAGES[page].path}?${search}` : PAGES[page].path;
}
