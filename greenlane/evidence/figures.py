"""The pictures of a case as they were seen, and the figures of the models that looked at them."""

import base64
import json
from pathlib import Path
from typing import Any, Final

from contract.messages import Detection, ModelUsed, Picture, ScanCompleted
from greenlane.evidence.gathering import Found
from greenlane.evidence.markup import escaped, listed, table
from greenlane.evidence.telling import Told

SHOWN_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of a picture that stands in the page itself; a larger one lies beside it."""
SHOWN: Final = frozenset({"image/png", "image/jpeg"})


def scans(told_: Told) -> str:
    """The pictures, with what the model drew in them."""
    figures = [
        _figure(told_, found, scan)
        for found in told_.case.in_order
        if isinstance(scan := found.message, ScanCompleted)
    ]
    return f"<h2>The pictures</h2>{''.join(figures)}" if figures else ""


def _figure(told_: Told, found: Found, scan: ScanCompleted) -> str:
    seen = ", ".join(f"{_label(one)} at {one.score:.2f}" for one in scan.detections)
    caption = (
        f"Device {escaped(scan.device)}, entry {found.leaf.position}. "
        f"The model {escaped(scan.model.name)} announced: {escaped(seen) or 'nothing'}. The "
        "boxes are the model's and are drawn over the picture, not in it. SHA-256 "
        f"<code>{scan.picture.sha256}</code>"
    )
    return f"<figure>{_drawn(told_, scan)}<figcaption>{caption}</figcaption></figure>"


def _drawn(told_: Told, scan: ScanCompleted) -> str:
    picture = scan.picture
    paths = {name: path for name, path in told_.pictures.items() if picture.sha256 in name}
    if not paths:
        return "<p>The picture itself is not in this archive (see below).</p>"
    ((name, path),) = paths.items()
    is_small = path.stat().st_size <= SHOWN_BYTES_MAX and picture.width_px and picture.height_px
    if picture.media_type not in SHOWN or not is_small:
        return f"<p>It lies beside this page: <code>{escaped(name)}</code></p>"
    coded = base64.b64encode(path.read_bytes()).decode()
    size = f"0 0 {picture.width_px} {picture.height_px}"
    image = (
        f'<image width="{picture.width_px}" height="{picture.height_px}" '
        f'href="data:{picture.media_type};base64,{coded}"/>'
    )
    boxes = "".join(_box(one, picture) for one in scan.detections)
    return f'<svg viewBox="{size}" role=img aria-label="The scan">{image}{boxes}</svg>'


def _box(one: Detection, picture: Picture) -> str:
    left, top, right, bottom = one.box
    letters = max(picture.width_px, picture.height_px) / 45
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(0, right - left):.1f}" '
        f'height="{max(0, bottom - top):.1f}"/><text x="{left:.1f}" y="{top - letters / 3:.1f}" '
        f'font-size="{letters:.1f}">{escaped(_label(one))} {one.score:.2f}</text>'
    )


def models(told_: Told) -> str:
    """The models, with the figures of their passports: never a rate without its false alarms."""
    said = [found.message for found in told_.case.in_order]
    used = {scan.model.sha256: scan.model for scan in said if isinstance(scan, ScanCompleted)}
    if not used:
        return ""
    found = [scan for scan in said if isinstance(scan, ScanCompleted)]
    labels = {one.label for scan in found for one in scan.detections}
    return "<h2>The model</h2>" + "".join(
        _passport(model, told_.passports.get(sha256), labels) for sha256, model in used.items()
    )


def _passport(model: ModelUsed, path: Path | None, labels: set[str]) -> str:
    about = f"<p>{escaped(model.name)}, weights <code>{model.sha256}</code></p>"
    if path is None:
        return f"{about}<p>Its passport is not in this archive.</p>"
    values: dict[str, Any] = json.loads(path.read_bytes())
    figures, limits = values.get("figures"), values.get("limits")
    rows = [
        (escaped(name.replace("_", " ")), _rate(figure, "detection"), _rate(figure, "false_alarm"))
        for name, figure in (figures.items() if isinstance(figures, dict) else ())
        if isinstance(figure, dict) and (name in labels or not labels)
    ]
    return (
        f"{about}<p>What its maker says in the passport; nobody else vouches for it.</p>"
        + table(("Class", "Found, of those there (95 %)", "Announced in honest bags (95 %)"), rows)
        + f"<p class=k>Measured on: {escaped(str(values.get('measured_on', 'not said')))}. "
        f"Meant for: {escaped(str(values.get('intended_use', 'not said')))}</p>"
        + listed([str(one) for one in limits] if isinstance(limits, list) else [])
    )


def _rate(figure: dict[str, Any], name: str) -> str:
    rate = figure.get(name)
    try:
        low, high = float(rate["low"]), float(rate["high"])  # type: ignore[index]
        return f"{rate['hits']} of {rate['of']} ({low:.1%} to {high:.1%})"  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        return "not said"


def _label(one: Detection) -> str:
    return one.label.replace("_", " ")
