"""``greenlane command-center``: the dashboard and its API, and how its key is entered."""

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from greenlane.arguments import add_config, config_of
from greenlane.commands import enrolling
from greenlane.exits import OK
from greenlane.serving import serve

if TYPE_CHECKING:
    from command_center.service import Ready

EXAMPLE: Final = "firmware_configs/post/command-center.toml"


def add_parser(commands: Any) -> None:
    """Enter the command."""
    center = commands.add_parser(
        "command-center",
        help="run the dashboard where officers decide",
        description="Serves the dashboard until SIGINT or SIGTERM. While nobody can sign in, it "
        "prints the one-time link of the first officer on standard output.",
    )
    add_config(center, EXAMPLE)
    center.set_defaults(act=run)
    inner = center.add_subparsers(metavar="enroll")
    enroll = enrolling.add_enroll(
        inner,
        EXAMPLE,
        whose="this command center",
        why="Officers' acts travel as signed messages. The code comes from: "
        "greenlane gateway code --agent command-center",
    )
    enroll.set_defaults(act=enrol)


def run(arguments: argparse.Namespace) -> int:
    """Be the command center."""
    from command_center import service
    from command_center.config import Config
    from contract.clock import SystemClock
    from edge.identity import StateDir
    from greenlane.certified import serve_certified

    config = config_of(arguments, Config)
    clock = SystemClock()
    return serve(
        lambda: serve_certified(
            lambda dial: service.run(config, dial, clock=clock, ready=say_where),
            config.broker,
            source=config.me,
            state=StateDir(config.state),
            clock=clock,
        ),
        is_uvloop=True,
    )


def say_where(ready: "Ready") -> None:
    """Tell the person where to go: the link is a secret, so never in the log."""
    print(f"The dashboard: {ready.url}")
    if ready.first_link:
        print(f"Nobody can sign in yet. Your one-time link: {ready.first_link}")
    sys.stdout.flush()


def enrol(arguments: argparse.Namespace) -> int:
    """Enter the key of this command center at the gateway."""
    from command_center.config import Config
    from edge.identity import StateDir

    config = config_of(arguments, Config)
    enrolling.enrol(arguments, config.me, StateDir(config.state), config.broker)
    return OK
