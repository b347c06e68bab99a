"""``greenlane simulate``: a simulated post, for an agent and a line of your own."""

import argparse
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import add_log
from greenlane.serving import serve

MODBUS_PORT: Final = 5020
SEAL_PORT: Final = 4900


def add_parser(commands: Any) -> None:
    """Enter the command."""
    simulate = commands.add_parser(
        "simulate",
        help="run simulated devices for an agent of yours",
        description="Runs sensors (Modbus TCP), a seal reader (TCP) and a baggage scanner (a "
        "folder) until SIGINT or SIGTERM; the log tells the truth about what happens.",
    )
    simulate.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    simulate.add_argument(
        "--modbus-port", type=int, default=MODBUS_PORT, metavar="N", help=f"default: {MODBUS_PORT}"
    )
    simulate.add_argument(
        "--seal-port", type=int, default=SEAL_PORT, metavar="N", help=f"default: {SEAL_PORT}"
    )
    simulate.add_argument(
        "--folder", type=Path, required=True, metavar="DIR", help="the scanner writes pictures here"
    )
    simulate.add_argument("--seed", type=int, default=1, help="another number, another story")
    add_log(simulate)
    simulate.set_defaults(act=run)


def run(arguments: argparse.Namespace) -> int:
    """Be the post."""
    from contract.clock import SystemClock
    from simulators import post

    config = post.PostConfig(
        folder=str(arguments.folder),
        modbus_port=arguments.modbus_port,
        seal_port=arguments.seal_port,
        host=arguments.host,
        seed=arguments.seed,
    )
    return serve(lambda: post.run(config, clock=SystemClock()))
