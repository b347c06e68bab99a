"""What an agent is told: which post, which broker, which model, which devices."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.delivery.room import OutboxLimits
from contract.identifiers import NotAnIdentifier, Source
from contract.links.mqtt import BrokerConfig
from edge.detector import WORKERS_MAX, DetectorConfig, Precision
from edge.drivers import AnySettings
from models.passport import WILDLIFE_MODEL

DEVICES_MAX: Final = 100


class DetectorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model, and how it runs."""

    model: str = ""
    """Path of the ONNX file, its passport beside it; empty for the one of the catalogue."""
    provider: str = "CPUExecutionProvider"
    workers: Annotated[int, Meta(ge=1, le=WORKERS_MAX)] = 1
    """Pictures looked at side by side; each takes about one core."""
    threads: Annotated[int, Meta(ge=1, le=WORKERS_MAX)] = 1
    """Threads inside one picture."""
    precision: Precision = "auto"
    """`auto`, `float32`, `int8`: whether the 8-bit twin beside the model runs."""

    @property
    def detector_config(self) -> DetectorConfig:
        """As the detector takes it."""
        return DetectorConfig(
            model=Path(self.model) if self.model else WILDLIFE_MODEL,
            provider=self.provider,
            workers=self.workers,
            threads=self.threads,
            precision=self.precision,
        )


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent; `edge/agent.example.toml` explains every key."""

    post: str
    name: str
    state_dir: str
    """Holds the key, the gateway's public key and the outbox; only the agent may read it."""
    detector: DetectorSettings = msgspec.field(default_factory=DetectorSettings)
    broker: BrokerConfig = msgspec.field(default_factory=BrokerConfig)
    outbox: OutboxLimits = msgspec.field(default_factory=OutboxLimits)
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Where monitors find /metrics on 127.0.0.1; 0 for nowhere."""
    device: Annotated[tuple[AnySettings, ...], Meta(max_length=DEVICES_MAX)] = ()

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a source, and two devices of one name."""
        try:
            Source.of(self.post, self.name)
        except NotAnIdentifier as error:
            raise ValueError(f"post and name: {error}") from error
        names = [settings.device for settings in self.device]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two devices are called {', '.join(twice)}")

    @property
    def source(self) -> Source:
        """Who this agent is."""
        return Source.of(self.post, self.name)
