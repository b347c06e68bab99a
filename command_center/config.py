"""What a command center has to be told; read by `greenlane` from TOML, or made in a test."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from command_center.place import Place, no_doubles
from contract.identifiers import Source
from contract.links.mqtt import BrokerConfig


class AlertTopicsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts on MQTT topics for outside systems; the broker's access list says who hears them."""

    enabled: bool = False
    posts: tuple[str, ...] = ("*",)
    """Whose alerts; `*` is every post."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command center at one post, served by one gateway."""

    state_dir: str
    """Its key, outbox, officers, board and pictures; made if missing."""
    post: str
    """UN/LOCODE, like KEMBA."""
    name: str = "command-center"
    """Its own name at the post: the source of what officers do."""
    gateway: str = "gateway"
    """The gateway's name at the post."""
    broker: BrokerConfig = BrokerConfig()
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8470
    """0 takes any free port; `Ready.url` says which."""
    public_url: str = ""
    """How browsers reach it where a proxy stands in front, like https://desk.example."""
    posts: tuple[Place, ...] = ()
    """Where the posts are: for the map. One that is not here still has its plan of lanes."""
    pictures_bytes_max: Annotated[int, Meta(ge=1_000_000)] = 2_000_000_000
    """Room for pictures on this disk; the gateway has them all."""
    webhook_networks: tuple[str, ...] = ()
    """Networks besides the public ones to which webhooks may go, like 10.1.0.0/16."""
    webhook_give_up_h: Annotated[float, Meta(gt=0, le=720)] = 72.0
    """A webhook that fails for so long is disabled, and says so."""

    def __post_init__(self) -> None:
        """No post is described twice."""
        no_doubles(self.posts)

    alert_topics: AlertTopicsConfig = AlertTopicsConfig()

    @property
    def me(self) -> Source:
        """Who says what officers do."""
        return Source.of(self.post, self.name)

    @property
    def gateway_source(self) -> Source:
        """Who tells the changes."""
        return Source.of(self.post, self.gateway)

    @property
    def state(self) -> Path:
        """The state directory."""
        return Path(self.state_dir)
