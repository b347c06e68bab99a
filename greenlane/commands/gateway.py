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
    inner = gateway.add_subparsers(metavar="COMMAND")
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
    authority = inner.add_parser(
        "authority",
        help="make the post's certificates, or renew those that are due",
        description="Makes the authority of this post if there is none (in state_dir/authority), "
        "and certificates of the broker and of the gateway, those that are missing or due. With "
        "it, agents that enrol get certificates of their own. Start the gateway again after the "
        "first time.",
    )
    add_config(authority, EXAMPLE)
    authority.add_argument(
        "--host",
        action="append",
        default=[],
        help="a name or address by which the broker is reached; makes its certificate anew",
    )
    authority.set_defaults(act=certify)


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


def certify(arguments: argparse.Namespace) -> int:
    """Make what is missing of the post's certificates."""
    from contract.clock import SystemClock
    from gateway.authority import OWN, Authority
    from gateway.config import GatewayConfig

    config = config_of(arguments, GatewayConfig)
    folder, now = config.authority, SystemClock().utc_now()
    authority = Authority.load(folder) or Authority.make(folder, config.posts[0], now)
    if authority.is_due(OWN, now):
        authority.issue_own(OWN, now)
    if arguments.host:
        authority.issue_broker(arguments.host, now)
    print(f"{folder}: ca.crt and {OWN}.crt with its key are for [broker] of the gateway.")
    if arguments.host:
        print("broker.crt and broker.key are for the broker; hand them over and start it again.")
    elif authority.is_due("broker", now):
        print("The broker's certificate is missing or due: say --host NAME for each of its names.")
    return OK
