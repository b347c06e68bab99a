"""Things of two posts, for who may see one of them."""

from collections.abc import Callable

import msgspec

from contract import messages
from contract.messages import (
    AgentChanged,
    AlertChanged,
    CompletenessChanged,
    DeviceTwin,
    Message,
    Picture,
    Scan,
    ScanChanged,
)
from tests.command_center.scripted import alert, sha256
from tests.support.virtual import START

HERE, THERE = "KEMBA", "GBLHR"


CHANGES: dict[str, Callable[[str], Message]] = {
    "alert.changed": lambda post: AlertChanged(alert=alert_of(post)),
    "agent.changed": lambda post: AgentChanged(
        source=f"/{post}/gate-2",
        state="alive",
        keyid="k",
        public_key=b"",
        devices=(DeviceTwin(device=f"scale-{post}", family="modbus"),),
    ),
    "completeness.changed": lambda post: CompletenessChanged(
        source=f"/{post}/gate-2", status="complete", streams=()
    ),
    "scan.changed": lambda post: ScanChanged(scan=scan_of(post)),
}


def alert_of(post: str) -> messages.Alert:
    """An alert of that post, with a picture."""
    name = sha256(post.encode())
    picture = Picture(sha256=name, size_bytes=1, media_type="image/png", width_px=1, height_px=1)
    return msgspec.structs.replace(
        alert(f"a-{post}"), post=post, source=f"/{post}/gate-2", picture=picture
    )


def scan_of(post: str) -> Scan:
    """A scan of that post."""
    name = sha256(b"scan" + post.encode())
    picture = Picture(sha256=name, size_bytes=1, media_type="image/png", width_px=1, height_px=1)
    return Scan(
        id=f"s-{post}",
        source=f"/{post}/gate-2",
        device="scanner",
        post=post,
        observed_at=START,
        picture=picture,
    )
