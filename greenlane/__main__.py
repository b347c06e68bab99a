"""``greenlane`` on the command line: reads the arguments, runs one command, says how it ended."""

import argparse
import logging
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contract.config import BadConfig
from contract.link import Rejected, Unavailable
from greenlane import logs
from greenlane.cli import parser
from greenlane.exits import FAILED, OK, OUTSIDE, USAGE, Outside, sentence_of
from models.passport import PassportError

log = logging.getLogger(__name__)

EXPECTED = (
    *(BadConfig, PassportError, Outside, Rejected, Unavailable),
    *(OSError, sqlite3.OperationalError),
)
"""Errors that a person can do something about, given one sentence."""


class End(NamedTuple):
    """An exit code and the sentence that explains it."""

    code: int
    sentence: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``greenlane`` with these arguments; returns the exit code."""
    arguments = parser().parse_args(argv)
    logs.set_up(level=arguments.log_level, form=arguments.log_format)
    return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Run the command that was asked for; errors that a person can mend end as one sentence."""
    try:
        code: int = arguments.act(arguments)
    except KeyboardInterrupt:
        return OK
    except EXPECTED as error:
        log.debug("where it failed", exc_info=True)
        end = _end_of(error)
        if end is None:
            raise
    except BaseExceptionGroup as group:
        log.debug("where it failed", exc_info=True)
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
    end: End | None = None
    match error:
        case BadConfig() | PassportError():
            end = End(USAGE, str(error))
        case Outside() | Unavailable():
            end = End(OUTSIDE, str(error))
        case Rejected(__cause__=OSError() as cause) if sentence_of(cause):
            end = End(OUTSIDE, str(error))
        case Rejected():
            end = End(FAILED, str(error))
        case sqlite3.OperationalError():
            end = End(OUTSIDE, f"{error} (a database of Greenlane's)")
        case OSError() if sentence := sentence_of(error):
            end = End(OUTSIDE, sentence)
    return end


if __name__ == "__main__":
    sys.exit(main())
