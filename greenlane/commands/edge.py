"""``greenlane edge``: the agent of one box, and how its key is entered at the gateway."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from greenlane.exits import OK
from greenlane.serving import serve

if TYPE_CHECKING:
    from edge.config import AgentConfig


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Enter the command."""
    edge = commands.add_parser(
        "edge",
        help="run the agent beside sensors, seal readers and scanners",
        description="Runs the agent of one box until SIGINT or SIGTERM. "
        "It keeps what it says until the gateway's receipt.",
    )
    _add_config(edge)
    edge.set_defaults(act=run)
    inner = edge.add_subparsers(metavar="enroll")
    enroll = inner.add_parser(
        "enroll",
        help="enter this box's key at the gateway, once",
        description="Makes the key of this box if there is none, and proves to the gateway that "
        "this box holds it. The code comes from: greenlane gateway code --agent NAME",
    )
    _add_config(enroll)
    enroll.add_argument("--code", required=True, help="the one-time code, like lane-1-4f0c…")
    enroll.set_defaults(act=enrol)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="TOML; firmware_configs/raspberry-pi/agent.toml explains every key",
    )


def run(arguments: argparse.Namespace) -> int:
    """Be the agent."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from edge import agent

    config = _config(arguments)
    return serve(lambda: agent.run(config, dialler(config.broker), clock=SystemClock()))


def enrol(arguments: argparse.Namespace) -> int:
    """Enter the key of this box at the gateway."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from edge import identity

    config = _config(arguments)
    state = identity.StateDir(Path(config.state_dir))
    dial = dialler(config.broker)
    code = arguments.code
    serve(lambda: identity.enrol(config.source, state, dial, code=code, clock=SystemClock()))
    print(f"{config.source} is enrolled; its key and the gateway's are in {state.path}.")
    return OK


def _config(arguments: argparse.Namespace) -> "AgentConfig":
    from edge.config import AgentConfig
    from greenlane.settings import settings

    return settings(arguments, AgentConfig)
