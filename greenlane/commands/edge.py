"""``greenlane edge``: the agent of one box, and how its key is entered at the gateway."""

import argparse
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import add_config, config_of
from greenlane.commands import enrolling
from greenlane.exits import OK
from greenlane.serving import serve

EXAMPLE: Final = "firmware_configs/raspberry-pi/agent.toml"


def add_parser(commands: Any) -> None:
    """Enter the command."""
    edge = commands.add_parser(
        "edge",
        help="run the agent beside sensors, seal readers and scanners",
        description="Runs the agent of one box until SIGINT or SIGTERM. It keeps what it says "
        "until the gateway's receipt.",
    )
    add_config(edge, EXAMPLE)
    edge.set_defaults(act=run)
    inner = edge.add_subparsers(metavar="COMMAND")
    enroll = enrolling.add_enroll(
        inner,
        EXAMPLE,
        whose="this box",
        why="Makes the key of this box if there is none, and proves to the gateway that this box "
        "holds it. The code comes from: greenlane gateway code --agent NAME",
    )
    enroll.set_defaults(act=enrol)
    following = inner.add_parser(
        "rotate",
        help="make a new key, which the agent goes on with from its next start",
        description="Makes the next key of this box. When the agent starts the next time, it says "
        "with the old key that this one follows, and up to which numbers the old one counts.",
    )
    add_config(following, EXAMPLE)
    following.set_defaults(act=rotate)


def run(arguments: argparse.Namespace) -> int:
    """Be the agent."""
    from contract.clock import GuidedClock, SystemClock
    from edge import agent
    from edge.config import AgentConfig
    from edge.identity import StateDir
    from greenlane.certified import serve_certified

    config = config_of(arguments, AgentConfig)
    clock = GuidedClock(SystemClock())
    state = StateDir(Path(config.state_dir))
    return serve(
        lambda: serve_certified(
            lambda dial: agent.run(config, dial, clock=clock),
            config.broker,
            source=config.source,
            state=state,
            clock=clock,
        )
    )


def enrol(arguments: argparse.Namespace) -> int:
    """Enter the key of this box at the gateway."""
    from edge.config import AgentConfig
    from edge.identity import StateDir

    config = config_of(arguments, AgentConfig)
    enrolling.enrol(arguments, config.source, StateDir(Path(config.state_dir)), config.broker)
    return OK


def rotate(arguments: argparse.Namespace) -> int:
    """Make the key that follows."""
    from contract.signing import Key
    from edge.config import AgentConfig
    from edge.identity import Credentials, StateDir

    config = config_of(arguments, AgentConfig)
    state = StateDir(Path(config.state_dir))
    Credentials.load(state, config.source)  # or it is not enrolled, and needs no other key
    key = Key.load_or_make(state.next_key)
    print(f"{config.source} goes on with the key {key.keyid} when it starts the next time.")
    return OK
