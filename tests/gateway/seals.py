"""A seal reader's messages, and the alerts among changes."""

from datetime import timedelta

from contract.delivery.source_end import Said
from contract.messages import AlertChanged, Device, Message, SealRead
from tests.support.virtual import START

READER = Device(device="seal-reader", family="seal_reader", title="Gate reader", lane="2")


def opened(seal: str = "HLXU417") -> Said:
    """A seal that was opened two hours ago."""
    return Said(
        SealRead(
            device="seal-reader",
            seal=seal,
            state="opened",
            subject="HLXU4172204",
            opened_at=START - timedelta(hours=2),
            seal_clock_at=START,
            battery_percent=45,
        )
    )


def alerts(changes: list[Message]) -> list[AlertChanged]:
    """Of all that was told."""
    return [change for change in changes if isinstance(change, AlertChanged)]
