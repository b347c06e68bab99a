"""``greenlane backup`` and ``greenlane restore``: a service's state in one file, and back."""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from contract.config import BadConfig
from greenlane.arguments import add_config, config_file
from greenlane.exits import OK

EXAMPLE: Final = "firmware_configs/post/gateway.toml"
MEGABYTE: Final = 1_000_000


def add_parser(commands: Any) -> None:
    """Enter both commands."""
    backup = commands.add_parser(
        "backup",
        help="copy the state of a gateway or command center into one file",
        description="Writes journal or databases, keys and pictures into OUT.tar; the service may "
        "be running. The file holds private keys: keep it as you keep them. The configuration "
        "itself, one-time codes and the embedded store of time series are not in it; a gateway "
        "writes that store again from its journal.",
    )
    backup.add_argument("out", type=Path, metavar="OUT.tar")
    add_config(backup, EXAMPLE)
    backup.set_defaults(act=back_up)
    back = commands.add_parser(
        "restore",
        help="make the state of a gateway or command center from a backup",
        description="Unpacks a backup into the state directory of the configuration, after every "
        "hash in it was checked. The service must be stopped. A gateway's journal gets a new id: "
        "agents say again what they still hold and declare what is gone, and command centers read "
        "everything anew. Agents enrolled after the backup have to enroll again.",
    )
    back.add_argument("archive", type=Path, metavar="IN.tar")
    add_config(back, EXAMPLE)
    back.add_argument(
        "--force",
        action="store_true",
        help="set aside a state directory that is not empty (it is renamed, not deleted)",
    )
    back.add_argument(
        "--rebuild-sinks",
        action="store_true",
        help="write every store of time series again from the first entry (a point that is there "
        "already is not doubled); the embedded one always is",
    )
    back.set_defaults(act=restore)


def back_up(arguments: argparse.Namespace) -> int:
    """Write a backup."""
    from contract.clock import SystemClock
    from greenlane import backup

    subject = subject_of(arguments)
    made_at = SystemClock().utc_now()
    manifest = backup.back_up(subject, arguments.out, version=version("greenlane"), made_at=made_at)
    size = backup.size_of(manifest) / MEGABYTE
    print(
        f"{subject.source}: {len(manifest.members)} files, {size:.1f} MB in {arguments.out}. "
        "It holds private keys."
    )
    return OK


def restore(arguments: argparse.Namespace) -> int:
    """Make a state directory from a backup."""
    from greenlane import backup

    subject = subject_of(arguments, is_rebuilt=arguments.rebuild_sinks)
    manifest, aside = backup.restore(arguments.archive, subject, is_forced=arguments.force)
    print(f"{subject.source} is in {subject.state} as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    if aside:
        print(f"What was there is in {aside}.")
    return OK


def subject_of(arguments: argparse.Namespace, *, is_rebuilt: bool = False) -> Any:
    """Whose backup it is; raises `BadConfig` for a file of an agent."""
    from greenlane.backup import Subject
    from greenlane.commands.configured import kind_of, read

    path = config_file(arguments)
    config: Any = read(path)
    match kind_of(path):
        case "gateway":
            embedded = tuple(
                name
                for name, sink in config.sinks.items()
                if is_rebuilt or sink.__struct_config__.tag == "embedded"
            )
            return Subject(
                kind="gateway",
                source=str(config.source),
                state=config.folder,
                rebuilt_sinks=embedded,
            )
        case "command-center":
            return Subject(kind="command-center", source=str(config.me), state=config.state)
        case _:
            raise BadConfig(
                f"{path} is of an agent; its outbox is not copied: a restored card only says again "
                "what the gateway has. Enroll a new card instead"
            )
