"""``greenlane`` on the command line: reads the arguments, runs one command, says how it ended."""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contract.config import BadConfig
from contract.link import Rejected, Unavailable
from greenlane import logs
from greenlane.cli import parser
from greenlane.exits import FAILED, OK, OUTSIDE, USAGE, Outside, sentence_of

EXPECTED = (BadConfig, Outside, Rejected, Unavailable, OSError, sqlite3.OperationalError)
"""Errors that a person can do something about, given one sentence."""


class End(NamedTuple):
    """An exit code and the sentence that explains it."""

    code: int
    sentence: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``greenlane`` with these arguments; returns the exit code."""
    arguments = parser().parse_args(argv)
    logs.set_up(level=arguments.log_level, form=arguments.log_format)
    try:
        code: int = arguments.act(arguments)
    except KeyboardInterrupt:
        return OK
    except EXPECTED as error:
        end = _end_of(error)
        if end is None:
            raise
    except BaseExceptionGroup as group:
        end = next(filter(None, map(_end_of, _leaves(group))), None)
        if end is None:
            raise
    else:
        return code
    print(f"greenlane: {end.sentence}", file=sys.stderr)
    return end.code


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _end_of(error: BaseException) -> End | None:
    """How an error ends the command; none for a mistake of ours, which deserves its traceback."""
    match error:
        case BadConfig():
            return End(USAGE, str(error))
        case Rejected():
            return End(FAILED, str(error))
        case Outside() | Unavailable():
            return End(OUTSIDE, str(error))
        case sqlite3.OperationalError():
            return End(OUTSIDE, f"{error} (a database of Greenlane's).")
        case OSError() if sentence := sentence_of(error):
            return End(OUTSIDE, sentence)
    return None


if __name__ == "__main__":
    sys.exit(main())
