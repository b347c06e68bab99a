// The charts of the explorer as one picture: what is on the screen, with names and times that stand without it.

const PAD = 16;
const LINE = 22;

const colourOf = (node, name) => getComputedStyle(node).getPropertyValue(name);

/** A canvas with `title` above and for each of `charts` {title, canvas} its name above it; at the screen's density. */
export function plateOf(title, charts, node) {
  const ratio = devicePixelRatio;
  const width = Math.max(...charts.map(({ canvas }) => canvas.width)) + 2 * PAD * ratio;
  const height = charts.reduce((sum, { canvas }) => sum + canvas.height + LINE * ratio, (2 * PAD + LINE) * ratio);
  const plate = document.createElement("canvas");
  plate.width = width;
  plate.height = height;
  const ctx = plate.getContext("2d");
  const family = colourOf(document.documentElement, "--font");
  ctx.fillStyle = colourOf(node, "background-color");
  ctx.fillRect(0, 0, width, height);
  ctx.fillStyle = colourOf(node, "color");
  ctx.textBaseline = "top";
  ctx.font = `600 ${13 * ratio}px ${family}`;
  ctx.fillText(title, PAD * ratio, PAD * ratio);
  ctx.font = `400 ${13 * ratio}px ${family}`;
  let y = (PAD + LINE) * ratio;
  for (const { title: name, canvas } of charts) {
    ctx.fillText(name, PAD * ratio, y);
    y += LINE * ratio;
    ctx.drawImage(canvas, PAD * ratio, y);
    y += canvas.height;
  }
  return plate;
}

/** Hand a blob to the officer as a file. */
export function handOut(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
