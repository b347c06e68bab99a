"""``greenlane gateway``: the gateway of a post, and one-time codes for new agents."""

import argparse
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
    code.add_argument("--post", metavar="LOCODE", help="default: the first of the gateway")
    code.set_defaults(act=make)


def run(arguments: argparse.Namespace) -> int:
    """Be the gateway."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from gateway import service
    from gateway.config import GatewayConfig

    config = config_of(arguments, GatewayConfig)
    dial = dialler(config.broker)
    return serve(lambda: service.run(config, dial, clock=SystemClock()), is_uvloop=True)


def make(arguments: argparse.Namespace) -> int:
    """Make a code."""
    from contract.clock import SystemClock
    from contract.config import BadConfig
    from contract.identifiers import NotAnIdentifier, Source
    from gateway.codes import make_code
    from gateway.config import GatewayConfig

    config = config_of(arguments, GatewayConfig)
    try:
        source = Source.of(arguments.post or config.posts[0], arguments.agent)
    except NotAnIdentifier as error:
        raise BadConfig(f"--agent: {error}") from error
    print(make_code(config.folder, source, SystemClock()))
    return OK
