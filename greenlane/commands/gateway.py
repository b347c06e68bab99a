"""``greenlane gateway``: the gateway of a post, and one-time codes for new agents."""

import argparse
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import add_config, config_of
from greenlane.exits import OK
from greenlane.serving import serve

EXAMPLE: Final = "firmware_configs/post/gateway.toml"


def add_parser(commands: Any) -> None:
    """Enter the command."""
    gateway = commands.add_parser(
        "gateway",
        help="run the gateway: journal, judge, time series",
        description="Runs the gateway of a post until SIGINT or SIGTERM.",
    )
    add_config(gateway, EXAMPLE)
    gateway.set_defaults(act=run)
    inner = gateway.add_subparsers(metavar="code")
    code = inner.add_parser(
        "code",
        help="make a one-time code by which an agent enrols",
        description="Prints a code that enters one agent's key, once, within 24 hours. Hand it "
        "over on another way than the network. The gateway may be running.",
    )
    add_config(code, EXAMPLE)
    code.add_argument(
        "--agent", required=True, metavar="NAME", help="name of the agent, or command-center"
    )
    code.set_defaults(act=make)


def run(arguments: argparse.Namespace) -> int:
    """Be the gateway."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from gateway import service
    from gateway.config import Config

    config = config_of(arguments, Config)
    return serve(lambda: service.run(config, dialler(config.broker), clock=SystemClock()))


def make(arguments: argparse.Namespace) -> int:
    """Make a code."""
    from contract.clock import SystemClock
    from contract.config import BadConfig
    from contract.identifiers import NotAnIdentifier, Source
    from gateway.codes import make_code
    from gateway.config import Config

    config = config_of(arguments, Config)
    try:
        source = Source.of(config.post, arguments.agent)
    except NotAnIdentifier as error:
        raise BadConfig(f"--agent: {error}") from error
    print(make_code(Path(config.state_dir), source, SystemClock()))
    return OK
