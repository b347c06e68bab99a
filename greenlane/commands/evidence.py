"""``greenlane evidence``: one alert as an archive that anybody can verify, and the verification."""

import argparse
from pathlib import Path
from typing import Any, Final

from greenlane.arguments import add_config, config_of
from greenlane.exits import FAILED, OK

EXAMPLE: Final = "firmware_configs/post/gateway.toml"


def add_parser(commands: Any) -> None:
    """Enter the command."""
    evidence = commands.add_parser(
        "evidence",
        help="one alert as an archive for a court, and its verification",
        description="Writes what an alert rests on into one archive, verifies such an archive, or "
        "compares a journal with what was signed of it.",
    )
    inner = evidence.add_subparsers(metavar="export | verify | check", required=True)
    export = inner.add_parser(
        "export",
        help="write the archive, on the gateway's machine or from a backup",
        description="Writes the messages as their senders signed them, the pictures, the officers' "
        "acts, what the judge said, and the proofs that all of it stands unchanged in the journal. "
        "The gateway may be running.",
    )
    export.add_argument("alert", metavar="ALERT", help="the alert's id, 20 hex digits")
    export.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.zip")
    add_config(export, EXAMPLE)
    export.add_argument(
        "--state",
        type=Path,
        metavar="PATH",
        help="a copy of the state directory, or a file of `greenlane backup` (default: the "
        "configuration's own state directory)",
    )
    export.add_argument(
        "--passport",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="passport of the model, where it is not one that is shipped; may be given again",
    )
    export.set_defaults(act=run_export)
    check = inner.add_parser(
        "check",
        help="compare a whole journal with what was signed of it",
        description="Hashes every entry again, and names the first that is not the one that was "
        "signed. The gateway may be running.",
    )
    add_config(check, EXAMPLE)
    check.set_defaults(act=run_check)
    verify = inner.add_parser(
        "verify",
        help="check an archive; needs no server and no network",
        description="Says what was checked, and names the first thing that is wrong (exit code 1). "
        "Without --trust it can only say that the archive fits together: anybody could have made "
        "it.",
    )
    verify.add_argument(
        "path", type=Path, metavar="PATH", help="the archive, or its unpacked folder"
    )
    verify.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="KEY",
        help="public key in hex, a key like name+1a2b3c4d+BASE64, or a file that holds one: of the "
        "gateway, and of witnesses; may be given again",
    )
    verify.set_defaults(act=run_verify)


def run_check(arguments: argparse.Namespace) -> int:
    """Compare a journal with what was signed of it."""
    import sqlite3
    from contextlib import closing

    from contract.link import Rejected
    from contract.signing import Key
    from gateway.config import GatewayConfig
    from gateway.notary.audit import audit

    config = config_of(arguments, GatewayConfig)
    journal = config.folder / "journal.sqlite"
    if not journal.exists() or not (config.folder / "key").exists():
        raise Rejected(f"there is no gateway's journal and key in {config.folder}")
    key = Key.load_or_make(config.folder / "key")
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as at:
        found = audit(at, key.public)
    if found.wrong:
        print(f"WRONG: {found.wrong}. Before it, {found.entries} entries are as they were signed.")
        return FAILED
    print(f"{found.entries} entries are as they were signed; checkpoints: {found.checkpoints}.")
    return OK


def run_export(arguments: argparse.Namespace) -> int:
    """Write an archive."""
    from contract.clock import SystemClock
    from gateway.config import GatewayConfig
    from greenlane.evidence.export import Order, export

    config = config_of(arguments, GatewayConfig)
    order = Order(
        alert=arguments.alert,
        out=arguments.out,
        config=config,
        state=arguments.state or config.folder,
        passports=tuple(arguments.passport),
    )
    for line in export(order, SystemClock()):
        print(line)
    return OK


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify an archive."""
    from greenlane.evidence.verify import verify
    from greenlane.trust import trusted

    verdict = verify(arguments.path, trusted(arguments.trust))
    for line in verdict.lines():
        print(line)
    return OK if verdict.wrong is None else FAILED
