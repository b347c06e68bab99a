"""What a gateway is told in its TOML file."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.identifiers import Post, Source
from contract.link import Rejected
from contract.links.mqtt import BrokerConfig
from contract.pattern import whole
from gateway.adapters.config import FOREIGN_MAX, Adapter, ForeignConfig, adapters
from gateway.judge.settings import JudgeSettings
from gateway.judging.snapshots import EVERY_ENTRIES
from gateway.notary.config import WitnessConfig
from gateway.retention.lasting import Retention
from gateway.timeseries.sinks import SinkConfig
from gateway.voice import NAME


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gateway: its posts, its broker, where it keeps everything, and how it judges."""

    state_dir: str
    """Where journal, pictures, key and codes are."""
    posts: Annotated[
        tuple[Annotated[str, Meta(pattern=whole(Post.form.pattern))], ...], Meta(min_length=1)
    ]
    """The border places whose sources it hears; at the first of them it stands itself."""
    broker: BrokerConfig = BrokerConfig()
    broker_queue_messages: Annotated[int, Meta(ge=4)] = 100_000
    """How many messages the broker may queue for us; half of it bounds what is in flight."""
    judge: JudgeSettings = JudgeSettings()
    sinks: dict[str, SinkConfig] = {}
    """Stores for time series, by a name of your choice."""
    foreign: Annotated[tuple[ForeignConfig, ...], Meta(max_length=FOREIGN_MAX)] = ()
    """Devices that are not ours, read by configuration alone: ``[[foreign]]``."""
    history: str = ""
    """The sink that histories are read from; empty for the first."""
    checkpoint_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    """So often the journal's tree is signed while it grows."""
    snapshot_entries: Annotated[int, Meta(ge=10, le=1_000_000)] = EVERY_ENTRIES
    """After so many entries the judge's state is kept: what a restart judges again at most."""
    witness: Annotated[tuple[WitnessConfig, ...], Meta(max_length=8)] = ()
    """Second parties that cosign it: ``[[witness]]``."""
    unsigned_s: Annotated[int, Meta(ge=60, le=604_800)] = 900
    """A checkpoint that waits longer for a signature, the gateway's or a witness's, is an alert."""
    retention: Retention = Retention()
    """How long the bodies of messages are kept."""
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Where monitors find /metrics on 127.0.0.1; 0 for nowhere."""

    @property
    def source(self) -> Source:
        """The gateway's own source."""
        return Source.of(self.posts[0], NAME)

    @property
    def folder(self) -> Path:
        """The state directory."""
        return Path(self.state_dir)

    @property
    def authority(self) -> Path:
        """Where the post's certificate authority lies, if it has one of ours."""
        return self.folder / "authority"

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """Those of the devices that are not ours; raises `Rejected` for a mistake."""
        return adapters(self.foreign, self.posts)

    @property
    def history_sink(self) -> str:
        """The name of the sink that histories are read from; empty without sinks."""
        if self.history and self.history not in self.sinks:
            raise Rejected(f"history = {self.history!r}: no sink has this name")
        return self.history or next(iter(self.sinks), "")
