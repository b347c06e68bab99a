// What a custom property comes to: a canvas knows none, so an element is asked.

// One for all that ask, and never drawn: an element that came and went had the whole page styled anew with each colour.
const probe = document.createElement("span");
probe.hidden = true;
document.documentElement.append(probe);

/** The colour of a CSS value like `var(--text)`, as a canvas takes it. */
export function colour(value) {
  probe.style.color = value;
  return getComputedStyle(probe).color;
}
