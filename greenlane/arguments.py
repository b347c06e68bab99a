"""Arguments that several commands take, and the configuration behind ``--config``."""

import argparse
import re
from collections.abc import Callable
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from contract.config import BadConfig, load
from greenlane.logs import FORMATS, LEVELS

if TYPE_CHECKING:
    from contract.links.mqtt import BrokerConfig

T = TypeVar("T")

PORT_MAX: Final = 65_535
HOST: Final = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,10}")


def add_log(parser: argparse.ArgumentParser) -> None:
    """How the log looks."""
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default=argparse.SUPPRESS,
        help="what goes to standard error (default: info; for demo: warning)",
    )
    parser.add_argument(
        "--log-format", choices=FORMATS, default=argparse.SUPPRESS, help="default: text"
    )


def add_config(parser: argparse.ArgumentParser, example: str) -> None:
    """Where the configuration is; ``example`` is a path in the repository."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help=f"TOML, like {example}",
    )
    parser.set_defaults(command=parser.prog, example=example)
    add_log(parser)


def config_file(arguments: argparse.Namespace) -> Path:
    """The file behind ``--config``; raise `BadConfig` if none is named, or it is not there."""
    path: Path | None = getattr(arguments, "config", None)
    if path is None:
        raise BadConfig("say which configuration: --config FILE (see --help)")
    return there(path, arguments)


def there(path: Path, arguments: argparse.Namespace) -> Path:
    """A configuration; raise `BadConfig` if it is not there, with what makes one."""
    if not path.exists():
        raise BadConfig(
            f"{path}: there is no such file. `{arguments.command}` reads a configuration there; "
            f"begin with a copy of {arguments.example}"
        )
    return path


def config_of(arguments: argparse.Namespace, kind: type[T]) -> T:
    """Read the file behind ``--config``; raise `BadConfig` if there is none or it is wrong."""
    path = config_file(arguments)
    try:
        return load(path, kind)
    except BadConfig as error:
        from greenlane.commands.configured import kind_of, type_of

        # Whoever is no gateway has to name its post: such a file is not theirs.
        if kind_of(path) == "gateway" and type_of("gateway") is not kind:
            raise BadConfig(f"{path} is a gateway's, or no configuration of ours") from error
        raise


def port(text: str) -> int:
    """A TCP port, as argparse reads it; 0 is any free one."""
    number = int(text)
    if not 0 <= number <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"{text} is no port: they end at {PORT_MAX}")
    return number


def at_least(least: int) -> Callable[[str], int]:
    """A whole number from there on, as argparse reads it."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return number

    return read


def between(low: float, high: float) -> Callable[[str], float]:
    """A number between these, none of them itself, as argparse reads it."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = low
        if not low < number < high:
            room = f"above {low:g}" if high == inf else f"between {low:g} and {high:g}"
            raise argparse.ArgumentTypeError(f"{text!r} is no number {room}")
        return number

    return read


def host(text: str) -> str:
    """A name or an address by which others reach a machine, as argparse reads it."""
    try:
        ip_address(text)
    except ValueError as error:
        if not HOST.fullmatch(text):
            message = f"{text!r} is no name of a host and no address"
            raise argparse.ArgumentTypeError(message) from error
    return text


def broker_at(url: str) -> "BrokerConfig":
    """The broker behind a URL; raise `BadConfig` if it is none."""
    from contract.links.mqtt import BrokerConfig

    parts = urlsplit(url)
    if parts.scheme != "mqtt" or not parts.hostname or parts.password:
        raise BadConfig(f"--broker: {url!r} is not like mqtt://HOST:PORT")
    try:
        port = parts.port or 1883
    except ValueError as error:
        raise BadConfig(f"--broker: {error}") from error
    return BrokerConfig(host=parts.hostname, port=port, username=parts.username or "")
