// Brings the icons into the page once: a screen that goes offline must not lose the drawings it has yet to show.

/** Put `/look/icons.svg` at the head of the page; icons then name its symbols. Without it words stand alone. */
export function bringIcons() {
  const request = new XMLHttpRequest(); // unlike fetch, it hands over a parsed document
  request.open("GET", "/look/icons.svg");
  request.responseType = "document";
  request.onload = () => {
    const sprite = request.responseXML?.documentElement;
    if (!sprite) return;
    sprite.setAttribute("class", "visually-hidden");
    sprite.setAttribute("aria-hidden", "true");
    document.body.prepend(document.importNode(sprite, true));
  };
  request.send();
}
