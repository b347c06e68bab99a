"""Which service a configuration file is of: by its keys, so that nobody has to say it twice."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from contract.config import BadConfig, load

if TYPE_CHECKING:
    from command_center.config import Config
    from edge.config import AgentConfig
    from gateway.config import GatewayConfig

Kind = Literal["gateway", "command-center", "edge"]
AGENT_KEYS: Final = frozenset({"device", "detector", "outbox"})
"""Keys that only an agent has; without any of them a file with a post is a command center's."""


def kind_of(path: Path) -> Kind:
    """Guess from the keys; raises `BadConfig` if the file cannot be read."""
    try:
        keys = set(tomllib.loads(path.read_text()))
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadConfig(f"{path}: not TOML: {error}") from error
    if "post" not in keys:  # a gateway has several; a command center may say where they are
        return "gateway"
    return "edge" if keys & AGENT_KEYS else "command-center"


def read(path: Path) -> "GatewayConfig | Config | AgentConfig":
    """The configuration in this file, whosever it is; raises `BadConfig`."""
    config: GatewayConfig | Config | AgentConfig = load(path, type_of(kind_of(path)))
    return config


def type_of(kind: Kind) -> type[Any]:
    """What the configuration of such a service is read as."""
    match kind:
        case "gateway":
            from gateway.config import GatewayConfig

            return GatewayConfig
        case "command-center":
            from command_center.config import Config

            return Config
        case "edge":
            from edge.config import AgentConfig

            return AgentConfig
