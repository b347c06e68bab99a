"""What an agent knows of its devices' well-being: who answers, and up to when all is said (pure).

`said_up_to` is a promise to the gateway. It moves only when what was observed before it is durable
in the outbox. After a step of the clock it follows the clock, backwards as well: a promise about
an hour that will come a second time would be a lie.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contract.messages import Device, DeviceAlive


@dataclass(slots=True)
class _State:
    is_found: bool = False
    said_up_to: datetime | None = None


class Health:
    """The devices of one agent."""

    def __init__(self, devices: tuple[Device, ...]) -> None:
        self.devices: Final = devices
        self._states: Final = {device.device: _State() for device in devices}

    def found(self, device: str) -> None:
        """The device answers."""
        self._states[device].is_found = True

    def lost(self, device: str) -> None:
        """The device does not answer; what was said up to then stays said."""
        self._states[device].is_found = False

    def said(self, device: str, up_to: datetime) -> None:
        """Nothing that the device observed before ``up_to`` is unsaid."""
        self._states[device].said_up_to = up_to

    def alive(self) -> tuple[DeviceAlive, ...]:
        """What `agent.alive` says of the devices."""
        return tuple(
            DeviceAlive(device=name, is_found=state.is_found, said_up_to=state.said_up_to)
            for name, state in self._states.items()
        )
