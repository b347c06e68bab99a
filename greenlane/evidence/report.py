"""The report for people: one page of HTML that needs nothing else, and prints well."""

from pathlib import Path
from typing import Final

from contract.messages import (
    ActRefused,
    Alert,
    OfficerActed,
)
from contract.proof import checkpoint, note
from greenlane.evidence.figures import models, scans
from greenlane.evidence.gathering import Case, Found
from greenlane.evidence.markup import escaped, instant, listed, moment, number, table, two
from greenlane.evidence.says import told
from greenlane.evidence.telling import Told

KEY_SHOWN: Final = 16
_CSS: Final = Path(__file__).with_name("report.css")
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def written(told_: Told) -> str:
    """The page."""
    alert = told_.case.alert
    sections = (
        _summary(alert),
        scans(told_),
        _events(told_.case),
        _acts(told_.case),
        _proved(),
        _checkpoints(told_),
        models(told_),
        _absent(told_.case),
        _yourself(told_),
    )
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">\n'
        f"<title>Evidence: {escaped(alert.title)}</title>\n"
        f"<style>\n{_CSS.read_text()}</style></head><body>\n"
        f"{_head(told_, alert)}{''.join(sections)}{_foot(told_)}</body></html>\n"
    )


def _head(told_: Told, alert: Alert) -> str:
    about = f"{alert.subject} · {alert.post} · {alert.severity}, {alert.state}"
    return (
        f"<header><p>GREENLANE · EVIDENCE ABOUT ALERT {escaped(alert.id)}</p>"
        f"<h1>{escaped(alert.title)}</h1><p class=lead>{escaped(about)}</p></header>"
        "<div class=note><p><strong>This page is a reading aid.</strong> It was written by the "
        f"gateway {escaped(told_.gateway)} on {instant(told_.made_at)}. The evidence are the files "
        "beside it: the messages as their senders signed them, the pictures, and the proofs. "
        "Anybody can check them without us; how is written at the end.</p></div>"
    )


def _summary(alert: Alert) -> str:
    rows = [
        ("What", alert.detail or alert.title),
        ("Subject", alert.subject),
        ("Where", f"post {alert.post}, device {alert.device}, agent {alert.source}"),
        ("Seen", f"{instant(alert.opened_at)}, by the device's clock where it has one"),
        ("Alert raised", f"{instant(alert.told_at)}, by the gateway's clock"),
        ("Last change", f"{instant(alert.changed_at)}; the alert is then {alert.state}"),
        ("Rule", f"{alert.rule}, {alert.times} finding{'s' * (alert.times != 1)} in this episode"),
    ]
    if alert.is_late:
        rows.append(("Late", "It rests only on messages that came after their turn."))
    items = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    return f"<h2>What this is about</h2><dl>{items}</dl>"


def _events(case: Case) -> str:
    says = {one.hash: one.says for one in case.alert.evidence}
    rows = [
        (
            number(found.leaf.position),
            moment(found.leaf.received_at),
            two(found.leaf.source or "the gateway", _signed(found)),
            two(says.get(found.leaf.sha256) or told(found), _why(found)),
        )
        for found in case.in_order
    ]
    heads = ("Entry", "Received, UTC", "From", "What it says, and why it is here")
    told_rows = table(heads, rows, numeric=1, kind="events")
    return f"<h2>What happened, in the order of the journal</h2>{told_rows}"


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
            number(found.leaf.position),
            moment(found.leaf.received_at),
            f"{escaped(act.officer)} ({escaped(act.role)})",
            two(act.verb + (f": {act.note}" if act.note else ""), refused.get(act.act, "")),
        )
        for found, act in acts
    ]
    heads = ("Entry", "Received, UTC", "Who", "What")
    return (
        "<h2>What officers did</h2><p>The command center signs for its officers, who sign in there "
        "with name and password. The signature shows that this command center said so; it is not "
        f"the officer's own.</p>{table(heads, rows, numeric=1)}"
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
        f"<div><h3>Proved, if the verification passes</h3>{listed(yes)}</div>"
        f"<div><h3>Not proved</h3>{listed(no)}</div></div>"
    )


def _checkpoints(told_: Told) -> str:
    rows = []
    for text in told_.notes:
        found = note.read(text.encode())
        stands = checkpoint.read(found.text)
        seen = [line for line in found.lines if line.name != stands.origin]
        whom = "<br>".join(f"{escaped(one.name)}, {instant(note.seen_at(one))}" for one in seen)
        root = f"<code>{stands.root.hex()[:KEY_SHOWN]}…</code>"
        rows.append((number(stands.size), root, whom or "<span class=k>by nobody else</span>"))
    heads = ("Entries", "Root of the tree", "Cosigned by, at")
    return (
        "<h2>Checkpoints</h2><p>The gateway signs, every minute, one number that stands for all "
        "entries up to then. A witness is somebody else who keeps that number, so that the "
        "gateway's owner cannot exchange an entry, or put one in later, without being caught.</p>"
        f"{table(heads, rows, numeric=1)}"
    )


def _absent(case: Case) -> str:
    if not case.absent:
        return ""
    items = listed(f"{what}: {why}" for what, why in sorted(case.absent.items()))
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
        f"<footer>Alert {escaped(told_.case.alert.id)} · {files} entries · written "
        f"{instant(told_.made_at)} by {escaped(told_.gateway)} · times are UTC</footer>"
    )
