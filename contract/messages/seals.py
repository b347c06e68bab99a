"""What electronic seals said."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from contract.messages.fields import Instant, Name
from contract.messages.message import Message


class SealRead(Message, frozen=True, kw_only=True):
    """An electronic seal was interrogated; `subject` is the container it closes, if known."""

    type: ClassVar[str] = "seal.read"
    device: Name
    seal: Name
    state: Literal["intact", "opened", "missing", "damaged"]
    subject: Annotated[str, Meta(max_length=80)] = ""
    battery_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    sealed_at: Instant | None = None
    opened_at: Instant | None = None
    seal_clock_at: Instant | None = None
