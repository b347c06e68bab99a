// Making and changing elements. Text reaches the page here only, and only as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** One HTML element, its attributes (`onclick` is a listener), its children (strings become text). */
export function el(name, attributes = {}, ...children) {
  return dress(document.createElement(name), attributes, children);
}

/** One SVG element. */
export function svg(name, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, name), attributes, children);
}

/** An icon of the sprite (see sprite.js); with a label where no word stands beside it. */
export function icon(name, label) {
  const told = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg("svg", { class: "icon", ...told }, svg("use", { href: `#${name}` }));
}

/** Point an icon at another drawing. */
export function draw(node, name) {
  set(node.querySelector("use"), "href", `#${name}`);
}

/** Set the text, but only if it differs: a screen reader hears each change once. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute if it differs; `false`, null and undefined take it away. */
export function set(node, name, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/** Show or hide; true when shown. */
export function reveal(node, shown) {
  if (node.hasAttribute("hidden") === Boolean(shown)) node.toggleAttribute("hidden", !shown);
  return Boolean(shown);
}

/** A key cap. */
export const cap = (key) => el("kbd", { class: "key" }, key);

/** Whether `keyed` has made a node for this key. */
export const stands = (parent, key) => Boolean(parent.known?.has(key));

/** Make `parent` hold one node for each item in this order, moving and making as few as possible. */
export function keyed(parent, items, keyOf, make, update) {
  const known = (parent.known ??= new Map());
  const keys = items.map(keyOf);
  const wanted = new Set(keys);
  // What goes, goes first: were it still in its place, everything behind it would be moved past it.
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    node.remove();
    known.delete(key);
  }
  let place = parent.firstElementChild;
  for (const [i, item] of items.entries()) {
    const key = keys[i];
    let node = known.get(key);
    if (!node) known.set(key, (node = make(item)));
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}
