"""Samples as they travel."""

from datetime import UTC, datetime

from contract.identifiers import Source
from contract.messages import (
    GENESIS,
    Identity,
    Stamp,
    compose,
)
from contract.topics import stream_of
from tests.contract.samples import SAMPLES

STAMP = Stamp(
    observed_at=datetime(2026, 11, 22, 14, 7, 32, 250_000, tzinfo=UTC),
    boot_id="4f1c5c1e-8a6e-4b8e-9a54-0c1e2d3f4a5b",
    monotonic_ns=86_400_000_000_000,
    clock_error_ms=3,
)


def composed(kind: str) -> bytes:
    """The sample of a type, as it travels."""
    message = SAMPLES[kind]
    identity = Identity("/KEMBA/gate-2", stream_of(message), "9f2c1a7be0d34455", 17)
    is_numbered = not kind.startswith(("agent.born", "agent.alive", "receipt", "enrol."))
    return compose(
        message,
        source=Source("/KEMBA/gate-2"),
        stamp=STAMP,
        identity=identity if is_numbered else None,
        previous=GENESIS if is_numbered else "",
    )
