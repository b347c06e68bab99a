"""What can be said on the command line: one table of commands, each in its own file."""

import argparse
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from greenlane import scan
from greenlane.commands import (
    backup,
    command_center,
    demo,
    doctor,
    edge,
    evidence,
    gateway,
    journal,
    model,
    simulate,
    subscribe,
    witness,
)
from greenlane.exits import MEANING

COMMANDS: Final[tuple[Callable[[Any], None], ...]] = (
    demo.add_parser,
    edge.add_parser,
    gateway.add_parser,
    command_center.add_parser,
    simulate.add_parser,
    subscribe.add_parser,
    scan.add_parser,
    model.add_parser,
    doctor.add_parser,
    journal.add_parser,
    backup.add_parser,
    evidence.add_parser,
    witness.add_parser,
)


def parser() -> argparse.ArgumentParser:
    """The parser of ``greenlane``; what it parses has `act`, which runs the command."""
    top = argparse.ArgumentParser(
        prog="greenlane",
        description="Watches a border so that honest trade does not have to wait.",
        epilog=MEANING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"greenlane {version('greenlane')}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    top.set_defaults(log_level="info", log_format="text")
    for add in COMMANDS:
        add(commands)
    return top
