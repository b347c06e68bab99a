"""The configuration that a command was given, as the struct that its service wants."""

import argparse
from typing import TypeVar

from contract.config import BadConfig, load

T = TypeVar("T")


def settings(arguments: argparse.Namespace, kind: type[T]) -> T:
    """Read the file behind ``--config``; raise `BadConfig` if there is none or it is wrong."""
    path = getattr(arguments, "config", None)
    if path is None:
        raise BadConfig("say which configuration: --config FILE (see --help)")
    return load(path, kind)
