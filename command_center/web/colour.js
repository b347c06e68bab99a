// What a custom property comes to: a canvas knows none, so an element is asked.

/** The colour of a CSS value like `var(--text)`, as a canvas takes it. */
export function colour(value) {
  const probe = document.createElement("span");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
