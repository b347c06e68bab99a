"""``enroll``, the same for every service: its key is entered at the gateway, once."""

import argparse
from typing import TYPE_CHECKING, Any

from greenlane.arguments import add_config
from greenlane.serving import serve

if TYPE_CHECKING:
    from contract.identifiers import Source
    from contract.links.mqtt import BrokerConfig
    from edge.identity import StateDir


def add_enroll(inner: Any, example: str, *, whose: str, why: str) -> argparse.ArgumentParser:
    """Enter the command; ``whose`` key it is, as in "this box"."""
    enroll: argparse.ArgumentParser = inner.add_parser(
        "enroll", help=f"enter {whose}'s key at the gateway, once", description=why
    )
    add_config(enroll, example)
    enroll.add_argument("--code", required=True, help="the one-time code, NAME-SECRET")
    enroll.add_argument(
        "--new-key",
        action="store_true",
        help="with another key than until now, as after a revocation; then start it anew",
    )
    return enroll


def enrol(
    arguments: argparse.Namespace, source: "Source", state: "StateDir", broker: "BrokerConfig"
) -> None:
    """Enter the key in ``state``, and say so."""
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from edge import identity
    from greenlane.certified import is_certified

    serve(
        lambda: identity.enrol(
            *(source, state, dialler(broker.door())),
            code=arguments.code,
            clock=SystemClock(),
            is_certified=is_certified(broker),
            is_new_key=arguments.new_key,
        )
    )
    print(f"{source} is enrolled; its key and the gateway's are in {state.path}.")
