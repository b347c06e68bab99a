"""``greenlane demo``: the whole line on this computer, with a simulated post."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import add_log, broker_at, port
from greenlane.serving import serve

PORT: Final = 8470
DESCRIPTION: Final = (
    "Runs broker, gateway, command center and a simulated post until Ctrl-C, and prints where the "
    "dashboard is. Everything listens on 127.0.0.1 only; the devices and what they see are made up."
)


def add_parser(commands: Any) -> None:
    """Enter the command."""
    demo = commands.add_parser(
        "demo", help="run the whole line here, with a simulated post", description=DESCRIPTION
    )
    demo.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"of the dashboard (default: {PORT})"
    )
    demo.add_argument(
        "--state", type=Path, metavar="DIR", help=f"where it keeps what it knows ({state_dir()})"
    )
    demo.add_argument("--seed", type=int, default=1, help="another number, another story")
    demo.add_argument("--broker", metavar="URL", help="your own broker, like mqtt://127.0.0.1:1883")
    demo.add_argument(
        "--headless",
        action="store_true",
        help="open no browser; print one line READY URL on standard output when all is up",
    )
    add_log(demo)
    demo.set_defaults(act=run, log_level="warning")


def state_dir() -> Path:
    """Where the demo keeps its state, by the XDG base directory specification."""
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "share") / "greenlane" / "demo"


def run(arguments: argparse.Namespace) -> int:
    """Be the demo."""
    broker = broker_at(arguments.broker) if arguments.broker else None
    _say("Greenlane is starting …")
    from greenlane import demo

    config = demo.DemoConfig(
        state=(arguments.state or state_dir()).expanduser().absolute(),
        port=arguments.port,
        seed=arguments.seed,
        broker=broker,
    )
    heard = demo.Heard(says=_says, ready=_headless if arguments.headless else _ready)
    code = serve(lambda: demo.run(config, heard))
    _say("Greenlane has ended.")
    return code


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _says(part: str, how: str) -> None:
    _say(f"  {part:<16} {how}")


def _headless(address: str) -> None:
    print(f"READY {address}", flush=True)


def _ready(address: str) -> None:
    print(f"\nThe dashboard: {address}\nEnd with Ctrl-C.\n", flush=True)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
