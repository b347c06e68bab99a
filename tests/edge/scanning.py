"""The parts of an agent that a scan needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.messages import (
    Message,
    ModelUsed,
)
from contract.signing import Key
from edge.detector import Detector, DetectorConfig
from tests.edge import tiny_model


@asynccontextmanager
async def box(
    tmp_path: Path, *, is_written: bool = False
) -> AsyncIterator[tuple[Outbox, Detector, ModelUsed]]:
    """The parts of an agent that a scan needs."""
    model = tmp_path / "bright.onnx" if is_written else tiny_model.write(tmp_path)
    detector = Detector(DetectorConfig(model=model))
    path, clock = tmp_path / "outbox.sqlite", SystemClock()
    opened = Outbox.open(path, source=Source("/KEMBA/gate-2"), key=Key.make(), clock=clock)
    async with opened as outbox, detector:
        yield outbox, detector, ModelUsed(name="bright", sha256=detector.passport.sha256)


async def said_in(outbox: Outbox) -> list[Message]:
    """All that was said so far, oldest first, pictures last."""
    events = await outbox.call(outbox.end.recent, "events", 100)
    parts = await outbox.call(outbox.end.recent, "bulk", 1_000)
    return [*reversed(events), *reversed(parts)]
