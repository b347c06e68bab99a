"""What all Modbus wires share: the registers of a unit, asked in turn, become readings."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta
from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from contract.clock import Clock
from contract.messages import Reading
from edge.driver import DeviceLost, Observed, Settings
from edge.drivers.modbus_registers import (
    MAPS,
    Register,
    Request,
    number_in,
    requests_for,
    value_in,
)

log = logging.getLogger(__name__)

RETRIES: Final = 1


class PolledSettings(Settings, frozen=True, kw_only=True):
    """Which unit, and what its registers mean: a ready map, or registers, or both."""

    unit_id: Annotated[int, Meta(ge=0, le=255)] = 1
    poll_s: Annotated[float, Meta(ge=0.05, le=3_600)] = 1.0
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 2.0
    map: Literal["", "climate", "door", "shock", "xy-md02"] = ""
    register: Annotated[tuple[Register, ...], Meta(max_length=500)] = ()

    def __post_init__(self) -> None:
        """Refuse a sensor without registers."""
        if not self.registers:
            raise ValueError(f"{self.device}: name a map or at least one register")
        metrics = [register.metric for register in self.registers]
        if len(set(metrics)) < len(metrics):
            raise ValueError(f"{self.device}: two registers have the same metric")

    @property
    def registers(self) -> tuple[Register, ...]:
        """Those of the ready map, then its own."""
        return MAPS.get(self.map, ()) + self.register


class Poller:
    """Asks one unit for ever; each family says how it comes to the wire."""

    def __init__(self, settings: PolledSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._without_value: set[str] = set()

    async def poll(self, wire: "Wire") -> AsyncIterator[Observed]:
        """Ask each group of registers at its interval; a slot that was missed is not made up."""
        requests = requests_for(self._settings.registers, self._settings.poll_s)
        due_ns = [self._clock.monotonic_ns()] * len(requests)
        while True:
            turn = min(range(len(requests)), key=due_ns.__getitem__)
            wait_ns = due_ns[turn] - self._clock.monotonic_ns()
            if wait_ns > 0:
                await self._clock.sleep(wait_ns / 1e9)
            yield self._observed(requests[turn], await wire.ask(requests[turn]))
            step = int(requests[turn].poll_s * 1e9)
            late_ns = self._clock.monotonic_ns() - due_ns[turn]
            due_ns[turn] += step * (1 + max(0, late_ns) // step)

    def _observed(self, request: Request, raw: Sequence[int]) -> Observed:
        at = self._clock.utc_now()
        readings = []
        for register in request.registers:
            number = number_in(register, raw[register.address - request.address :])
            value = value_in(register, number)
            self._note(register.metric, has_value=math.isfinite(value))
            if math.isfinite(value):
                readings.append(
                    Reading(
                        device=self._settings.device,
                        metric=register.metric,
                        value=value,
                        unit=register.unit,
                        observed_at=at,
                    )
                )
        return Observed(at=at, readings=tuple(readings), up_to=at)

    def _note(self, metric: str, *, has_value: bool) -> None:
        """Log once when a register stops or starts to hold a value."""
        if has_value == (metric not in self._without_value):
            return
        names = {"device": self._settings.device, "metric": metric}
        if has_value:
            self._without_value.discard(metric)
            log.info("register has a value again", extra=names)
        else:
            self._without_value.add(metric)
            log.warning("register holds no value", extra=names)


class Wire:
    """An open connection to one unit."""

    def __init__(self, client: ModbusBaseClient, is_closed: asyncio.Event, unit_id: int) -> None:
        self._client: Final = client
        self._is_closed: Final = is_closed
        self._unit_id: Final = unit_id

    async def ask(self, request: Request) -> Sequence[int]:
        """The raw registers (or bits) of one request."""
        try:
            answer = await self._unless_closed(self._read(request))
        except (ModbusException, OSError) as error:
            raise DeviceLost(f"no answer: {error}") from error
        where = f"{request.kind} {request.address} to {request.address + request.width - 1}"
        if answer.isError():
            raise DeviceLost(f"refuses to read {where}: {answer}")
        is_bit = request.kind in ("discrete", "coil")
        raw = [int(bit) for bit in answer.bits] if is_bit else answer.registers
        if len(raw) < request.width:
            raise DeviceLost(f"answered {len(raw)} of {request.width} for {where}")
        return raw[: request.width]

    async def _read(self, request: Request) -> ModbusPDU:
        read = {
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
            "discrete": self._client.read_discrete_inputs,
            "coil": self._client.read_coils,
        }[request.kind]
        return await read(request.address, count=request.width, device_id=self._unit_id)

    async def _unless_closed(self, reading: Coroutine[None, None, ModbusPDU]) -> ModbusPDU:
        """The answer; pymodbus itself waits out all its retries on a connection that is gone.

        Its task is not ours: `asyncio.wait_for` inside it may swallow a cancellation (Python 3.11).
        """
        answer = asyncio.ensure_future(reading)
        closed = asyncio.ensure_future(self._is_closed.wait())
        try:
            await asyncio.wait({answer, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise DeviceLost("the device closed the connection")
            return answer.result()
        finally:
            answer.cancel()
            closed.cancel()
