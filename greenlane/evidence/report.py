"""The report for people: one page of HTML that needs nothing else, and prints well."""

import base64
import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contract.messages import (
    ActRefused,
    Alert,
    Detection,
    ModelUsed,
    OfficerActed,
    Picture,
    ScanCompleted,
)
from contract.proof import checkpoint, note
from greenlane.evidence.gathering import Case, Found
from greenlane.evidence.says import told

SHOWN_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of a picture that stands in the page itself; a larger one lies beside it."""
SHOWN: Final = frozenset({"image/png", "image/jpeg"})
KEY_SHOWN: Final = 16
_CSS: Final = Path(__file__).with_name("report.css")
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the report is about."""

    case: Case
    gateway: str
    key: bytes
    made_at: datetime
    notes: tuple[str, ...]
    """The checkpoints."""
    pictures: dict[str, Path]
    """By their names in the archive."""
    passports: dict[str, Path]
    """By the SHA-256 of the weights."""


def written(told_: Told) -> str:
    """The page."""
    alert = told_.case.alert
    sections = (
        _summary(alert),
        _scans(told_),
        _events(told_.case),
        _acts(told_.case),
        _proved(),
        _checkpoints(told_),
        _models(told_),
        _absent(told_.case),
        _yourself(told_),
    )
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">\n'
        f"<title>Evidence: {_text(alert.title)}</title>\n<style>\n{_CSS.read_text()}</style></head>"
        f"<body>\n{_head(told_, alert)}{''.join(sections)}{_foot(told_)}</body></html>\n"
    )


def _head(told_: Told, alert: Alert) -> str:
    about = f"{alert.subject} · {alert.post} · {alert.severity}, {alert.state}"
    return (
        f"<header><p>GREENLANE · EVIDENCE ABOUT ALERT {_text(alert.id)}</p>"
        f"<h1>{_text(alert.title)}</h1><p class=lead>{_text(about)}</p></header>"
        "<div class=note><p><strong>This page is a reading aid.</strong> It was written by the "
        f"gateway {_text(told_.gateway)} on {_at(told_.made_at)}. The evidence are the files "
        "beside it: the messages as their senders signed them, the pictures, and the proofs. "
        "Anybody can check them without us; how is written at the end.</p></div>"
    )


def _summary(alert: Alert) -> str:
    rows = [
        ("What", alert.detail or alert.title),
        ("Subject", alert.subject),
        ("Where", f"post {alert.post}, device {alert.device}, agent {alert.source}"),
        ("Seen", f"{_at(alert.opened_at)}, by the device's clock where it has one"),
        ("Alert raised", f"{_at(alert.told_at)}, by the gateway's clock"),
        ("Last change", f"{_at(alert.changed_at)}; the alert is then {alert.state}"),
        ("Rule", f"{alert.rule}, {alert.times} finding{'s' * (alert.times != 1)} in this episode"),
    ]
    if alert.is_late:
        rows.append(("Late", "It rests only on messages that came after their turn."))
    items = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in rows)
    return f"<h2>What this is about</h2><dl>{items}</dl>"


def _scans(told_: Told) -> str:
    figures = [
        _figure(told_, found, scan)
        for found in told_.case.in_order
        if isinstance(scan := found.message, ScanCompleted)
    ]
    return f"<h2>The pictures</h2>{''.join(figures)}" if figures else ""


def _figure(told_: Told, found: Found, scan: ScanCompleted) -> str:
    seen = ", ".join(f"{_label(one)} at {one.score:.2f}" for one in scan.detections)
    caption = (
        f"Device {_text(scan.device)}, entry {found.leaf.position}. "
        f"The model {_text(scan.model.name)} announced: {_text(seen) or 'nothing'}. The boxes are "
        "the model's and are drawn over the picture, not in it. SHA-256 "
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
        return f"<p>It lies beside this page: <code>{_text(name)}</code></p>"
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
        f'font-size="{letters:.1f}">{_text(_label(one))} {one.score:.2f}</text>'
    )


def _events(case: Case) -> str:
    says = {one.hash: one.says for one in case.alert.evidence}
    rows = [
        (
            _n(found.leaf.position),
            _t(found.leaf.received_at),
            _two(found.leaf.source or "the gateway", _signed(found)),
            _two(says.get(found.leaf.sha256) or told(found), _why(found)),
        )
        for found in case.in_order
    ]
    heads = ("Entry", "Received, UTC", "From", "What it says, and why it is here")
    table = _table(heads, rows, numeric=1, kind="events")
    return f"<h2>What happened, in the order of the journal</h2>{table}"


def _signed(found: Found) -> str:
    if found.is_erased:
        return "text erased; hash and signature remain"
    if found.leaf.keyid:
        return f"signed with {found.leaf.keyid[:KEY_SHOWN]}…"
    return "signed by nobody" if found.leaf.kind == "foreign" else "the passing of time"


def _why(found: Found) -> str:
    return "an officer's act" if isinstance(found.message, OfficerActed) else found.why


def _acts(case: Case) -> str:
    acts = [
        (found, found.message) for found in case.in_order if isinstance(found.message, OfficerActed)
    ]
    if not acts:
        return "<h2>What officers did</h2><p>Nothing is entered in the journal.</p>"
    answers = (change.message for change in case.changes)
    refused = {one.act: f"refused: {one.reason}" for one in answers if isinstance(one, ActRefused)}
    rows = [
        (
            _n(found.leaf.position),
            _t(found.leaf.received_at),
            f"{_text(act.officer)} ({_text(act.role)})",
            _two(act.verb + (f": {act.note}" if act.note else ""), refused.get(act.act, "")),
        )
        for found, act in acts
    ]
    heads = ("Entry", "Received, UTC", "Who", "What")
    return (
        "<h2>What officers did</h2><p>The command center signs for its officers, who sign in there "
        "with name and password. The signature shows that this command center said so; it is not "
        f"the officer's own.</p>{_table(heads, rows, numeric=1)}"
    )


def _proved() -> str:
    yes = (
        "Each message is word for word what its sender signed with a key that was enrolled then.",
        "Each stands in the journal where it says, unchanged since the checkpoint over it.",
        "Each checkpoint only grew out of the one before it: nothing earlier was taken out.",
        "What a named witness has cosigned existed at the time that the witness wrote.",
        "The pictures are byte for byte those whose hashes the scanner's agent signed.",
    )
    no = (
        "That a sensor or scanner told the truth, or that its clock was right.",
        "That the model is right. It points; its figures, with false alarms, are below.",
        "That an officer acted in person: the command center signs for its officers.",
        "When an entry was made, before a witness saw it: that is the gateway's own word.",
        "That nothing else was observed. The archive holds what belongs to this alert.",
    )
    return (
        "<h2>What is proved, and what is not</h2><div class=two>"
        f"<div><h3>Proved, if the verification passes</h3>{_list(yes)}</div>"
        f"<div><h3>Not proved</h3>{_list(no)}</div></div>"
    )


def _checkpoints(told_: Told) -> str:
    rows = []
    for text in told_.notes:
        found = note.read(text.encode())
        stands = checkpoint.read(found.text)
        seen = [line for line in found.lines if line.name != stands.origin]
        whom = "<br>".join(f"{_text(one.name)}, {_at(note.seen_at(one))}" for one in seen)
        root = f"<code>{stands.root.hex()[:KEY_SHOWN]}…</code>"
        rows.append((_n(stands.size), root, whom or "<span class=k>by nobody else</span>"))
    heads = ("Entries", "Root of the tree", "Cosigned by, at")
    return (
        "<h2>Checkpoints</h2><p>The gateway signs, every minute, one number that stands for all "
        "entries up to then. A witness is somebody else who keeps that number, so that the "
        "gateway's owner cannot exchange an entry, or put one in later, without being caught.</p>"
        f"{_table(heads, rows, numeric=1)}"
    )


def _models(told_: Told) -> str:
    scans = [found.message for found in told_.case.in_order]
    used = {scan.model.sha256: scan.model for scan in scans if isinstance(scan, ScanCompleted)}
    if not used:
        return ""
    found = [scan for scan in scans if isinstance(scan, ScanCompleted)]
    labels = {one.label for scan in found for one in scan.detections}
    return "<h2>The model</h2>" + "".join(
        _passport(model, told_.passports.get(sha256), labels) for sha256, model in used.items()
    )


def _passport(model: ModelUsed, path: Path | None, labels: set[str]) -> str:
    about = f"<p>{_text(model.name)}, weights <code>{model.sha256}</code></p>"
    if path is None:
        return f"{about}<p>Its passport is not in this archive.</p>"
    values: dict[str, Any] = json.loads(path.read_bytes())
    figures = values.get("figures", {})
    rows = [
        (_text(name.replace("_", " ")), _rate(figure, "detection"), _rate(figure, "false_alarm"))
        for name, figure in figures.items()
        if isinstance(figure, dict) and (name in labels or not labels)
    ]
    limits = [str(one) for one in values.get("limits", ())]
    return (
        f"{about}<p>What its maker says in the passport; nobody else vouches for it.</p>"
        + _table(("Class", "Found, of those there (95 %)", "Announced in honest bags (95 %)"), rows)
        + f"<p class=k>Measured on: {_text(str(values.get('measured_on', 'not said')))}. "
        f"Meant for: {_text(str(values.get('intended_use', 'not said')))}</p>{_list(limits)}"
    )


def _rate(figure: dict[str, Any], name: str) -> str:
    rate = figure.get(name)
    try:
        low, high = float(rate["low"]), float(rate["high"])  # type: ignore[index]
        return f"{rate['hits']} of {rate['of']} ({low:.1%} to {high:.1%})"  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        return "not said"


def _absent(case: Case) -> str:
    if not case.absent:
        return ""
    items = _list(f"{what}: {why}" for what, why in sorted(case.absent.items()))
    return f"<h2>What belongs to this and is not here</h2>{items}"


def _yourself(told_: Told) -> str:
    return (
        "<h2>Verify it yourself</h2><p>You need this archive, the gateway's public key, and that "
        "of the witness, from somebody whom you trust. No server and no network is asked. "
        "<code>README.txt</code> shows the same by hand, with openssl and sha256sum.</p>"
        "<pre>greenlane evidence verify ARCHIVE.zip --trust GATEWAY.pub "
        "--trust WITNESS-KEY</pre>"
        f"<dl><dt>Gateway's key</dt><dd><code>{told_.key.hex()}</code><br><span class=k>Compare it "
        "with one that you did not get from here: an archive can name any key.</span></dd></dl>"
    )


def _foot(told_: Told) -> str:
    files = len(told_.case.entries)
    return (
        f"<footer>Alert {_text(told_.case.alert.id)} · {files} entries · written "
        f"{_at(told_.made_at)} by {_text(told_.gateway)} · times are UTC</footer>"
    )


def _two(text: str, below: str) -> str:
    return f"{_text(text)}<br><span class=k>{_text(below)}</span>"


def _table(
    heads: Iterable[str], rows: Iterable[tuple[str, ...]], *, numeric: int = 0, kind: str = ""
) -> str:
    kinds = [" class=n" if place < numeric else "" for place in range(9)]
    head = "".join(f"<th{kind}>{_text(one)}</th>" for kind, one in zip(kinds, heads, strict=False))
    body = "".join(
        "<tr>" + "".join(f"<td{k}>{c}</td>" for k, c in zip(kinds, row, strict=False)) + "</tr>"
        for row in rows
    )
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in items) + "</ul>"


def _label(one: Detection) -> str:
    return one.label.replace("_", " ")


def _n(number: int) -> str:
    return f"{number:,}"


def _t(at: datetime) -> str:
    return f"<span class=t>{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}</span>"


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _text(text: str) -> str:
    return html.escape(text)
