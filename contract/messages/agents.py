"""Agents and the devices behind them: what they say of themselves, and what is known of them."""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from contract.messages.delivery import EpochHeads, Queue
from contract.messages.fields import Instant, Name, SourceText, Text
from contract.messages.message import Message, Part
from contract.messages.scans import ModelUsed

LinkState = Literal["alive", "silent", "gone"]
EPOCHS_NAMED_MAX: Final = 200
"""Epochs that a birth or a sign of life names, its own and those first of which something waits.

One that names as many may hold more: it promises of no moment that all was said.
"""


class Device(Part, frozen=True, kw_only=True):
    """What stands behind an agent."""

    device: Name
    family: Name
    """The driver's name in `edge.drivers.DRIVERS`."""
    title: Text = ""
    lane: Annotated[str, Meta(max_length=40)] = ""


class DeviceAlive(Part, frozen=True, kw_only=True):
    """`said_up_to`: nothing that it observed earlier is still unsaid; none while unknown."""

    device: Name
    is_found: bool
    said_up_to: Instant | None = None


class DeviceTwin(Part, frozen=True, kw_only=True):
    """A device as the gateway knows it."""

    device: Name
    family: Name
    title: Text = ""
    lane: Annotated[str, Meta(max_length=40)] = ""
    is_found: bool = True
    reason: Text = ""
    since: Instant | None = None
    said_up_to: Instant | None = None


class AgentBorn(Message, frozen=True, kw_only=True):
    """An agent started: what it is, and of which epochs it holds messages (its own first)."""

    type: ClassVar[str] = "agent.born"
    keyid: Name
    version: Name
    epochs: tuple[EpochHeads, ...]
    devices: tuple[Device, ...] = ()
    models: tuple[ModelUsed, ...] = ()
    is_clock_synchronised: bool = False


class AgentAlive(Message, frozen=True, kw_only=True):
    """Every ten seconds: heads, queues, devices."""

    type: ClassVar[str] = "agent.alive"
    epochs: tuple[EpochHeads, ...]
    queues: tuple[Queue, ...] = ()
    devices: tuple[DeviceAlive, ...] = ()


class AgentGone(Message, frozen=True, kw_only=True):
    """The gateway heard the will of a source: a hint, unsigned by the source itself."""

    type: ClassVar[str] = "agent.gone"
    source: SourceText
    epoch: Annotated[str, Meta(max_length=16)] = ""


class AgentChanged(Message, frozen=True, kw_only=True):
    """An agent and its devices as the gateway knows them."""

    type: ClassVar[str] = "agent.changed"
    source: SourceText
    state: LinkState
    keyid: Annotated[str, Meta(max_length=80)] = ""
    public_key: bytes = b""
    version: Annotated[str, Meta(max_length=80)] = ""
    born_at: Instant | None = None
    heard_at: Instant | None = None
    clock_error_ms: int | None = None
    is_unsigned: bool = False
    """Devices that are not ours: they sign nothing and number nothing, now or ever."""
    devices: tuple[DeviceTwin, ...] = ()
    models: tuple[ModelUsed, ...] = ()


class DeviceFound(Message, frozen=True, kw_only=True):
    """A device behind the agent answers."""

    type: ClassVar[str] = "device.found"
    device: Device


class DeviceLost(Message, frozen=True, kw_only=True):
    """A device behind the agent went, and why."""

    type: ClassVar[str] = "device.lost"
    device: Name
    reason: Text
