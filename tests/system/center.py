"""A command center as a process of its own, beside a gateway from a script; a broker between."""

from pathlib import Path
from typing import Final

from contract.link import Dial
from contract.links.mqtt import BrokerConfig, dialler
from tests.command_center.scripted import Gateway
from tests.system.programs import Program
from tests.system.servers import Server, free_port


class Broker:
    """Where the scripted gateway dials, as it would a hub in memory."""

    def __init__(self, server: Server) -> None:
        self.dial: Final[Dial] = dialler(BrokerConfig(port=server.port))


def center(path: Path, server: Server, gateway: Gateway, more: str = "") -> Program:
    """An enrolled one; ``more`` is what else it is told, as TOML."""
    state = path / "state"
    state.mkdir()
    (state / "gateway.pub").write_text(gateway.key.public.hex())
    config = path / "command-center.toml"
    config.write_text(
        f'state_dir = "{state}"\npost = "KEMBA"\nport = {free_port()}\n'
        f"[broker]\nport = {server.port}\n{more}"
    )
    return Program(path, "command-center", "command-center", "--config", str(config))
