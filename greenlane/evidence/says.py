"""What an entry says, in one sentence for people. Pure."""

from contract.messages import (
    AgentAlive,
    AgentBorn,
    BlobDropped,
    BlobKept,
    JudgeChanged,
    KeyEnrolled,
    KeyRevoked,
    OfficerActed,
    ReadingsTaken,
    ScanCompleted,
    SealRead,
)
from greenlane.evidence.gathering import Found


def told(found: Found) -> str:  # noqa: C901, PLR0911 - one line for each kind
    """The sentence."""
    match found.message:
        case OfficerActed(officer=officer, verb=verb, note=note):
            return f"{officer}: {verb}" + (f", {note}" if note else "")
        case KeyEnrolled(keyid=keyid, source=source, by=by):
            return f"The key {keyid[:16]}… is enrolled for {source} (allowed by {by})."
        case KeyRevoked(keyid=keyid, source=source, by=by, reason=reason):
            return f"The key {keyid[:16]}… of {source} is revoked by {by}: {reason}"
        case AgentBorn(version=version, devices=devices):
            names = ", ".join(one.device for one in devices)
            return f"The agent starts, version {version}; devices: {names or 'none'}."
        case AgentAlive():
            return "The agent is alive."
        case JudgeChanged(version=version, rules=rules):
            return f"From here on judge {version} decides by these rules: {', '.join(rules)}."
        case BlobKept(sha256=sha256, size_bytes=size):
            return f"The picture {sha256[:16]}… is here whole, {size:,} bytes."
        case BlobDropped(sha256=sha256, source=source, reason=reason):
            return f"The picture {sha256[:16]}… of {source} is given up ({reason})."
        case SealRead(seal=seal, state=state, device=device):
            return f"{device} reads seal {seal}: {state}."
        case ScanCompleted(device=device, detections=seen):
            return f"{device} scans: {', '.join(one.label for one in seen) or 'nothing announced'}."
        case ReadingsTaken(readings=readings):
            return f"{len(readings)} readings."
    if found.is_erased:
        return f"{found.leaf.type}; its text was erased."
    return "Time passes." if found.leaf.kind == "tick" else f"{found.leaf.type}."
