"""Instants as whole microseconds since 1970 UTC, and back. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (at - EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """The instant that many microseconds after 1970 UTC."""
    return EPOCH + microseconds * _MICROSECOND
