"""``greenlane witness``: cosigns the checkpoints of gateways, for whoever is not their owner."""

import argparse
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import PORT_MAX, add_log
from greenlane.serving import serve

PORT: Final = 8480


def add_parser(commands: Any) -> None:
    """Enter the command."""
    witness = commands.add_parser(
        "witness",
        help="cosign the checkpoints of a gateway, on a machine of somebody else",
        description="Answers C2SP tlog-witness until SIGINT or SIGTERM: cosigns a checkpoint, with "
        "the time, if the log has only grown since the last one. Prints the key that gateways and "
        "courts are told. What was cosigned cannot be dated back or denied by the gateway's owner.",
    )
    witness.add_argument(
        "--listen", default=f"127.0.0.1:{PORT}", metavar="HOST:PORT", help="(default: %(default)s)"
    )
    witness.add_argument(
        "--trust",
        required=True,
        action="append",
        metavar="KEY",
        help="public key of a gateway in hex, or the file gateway.pub; may be given again",
    )
    witness.add_argument("--state", type=Path, required=True, metavar="DIR")
    witness.add_argument(
        "--name", required=True, metavar="NAME", help="like witness.port-authority.example"
    )
    add_log(witness)
    witness.set_defaults(act=run)


def run(arguments: argparse.Namespace) -> int:
    """Be a witness."""
    from contract.clock import SystemClock
    from contract.config import BadConfig
    from contract.proof.note import COSIGNATURE, Verifier, is_name
    from contract.signing import Key
    from greenlane.trust import public_key
    from greenlane.witness import service
    from greenlane.witness.witness import Witness

    host, _, port = arguments.listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > PORT_MAX:
        raise BadConfig(f"--listen: {arguments.listen!r} is not like 127.0.0.1:{PORT}")
    if not is_name(arguments.name):
        raise BadConfig("--name: a name has no spaces and no plus")
    trusted = tuple(public_key(text) for text in arguments.trust)
    key = Key.load_or_make(arguments.state / "key")
    witness = Witness(
        arguments.state, name=arguments.name, key=key, trusted=trusted, clock=SystemClock()
    )
    print(Verifier(arguments.name, key.public, COSIGNATURE), flush=True)
    return serve(lambda: service.serve(host.strip("[]"), int(port), witness))
