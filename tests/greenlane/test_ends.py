"""How a command ends: a code and one sentence for what a person can mend, else a traceback."""

import argparse
import errno
from collections.abc import Callable

import pytest

from contract.config import BadConfig
from contract.link import Rejected, Unavailable
from greenlane import __main__ as program
from greenlane.exits import FAILED, OK, OUTSIDE, USAGE, Outside


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ENDS = [
    (BadConfig("unknown key 'prot'"), USAGE),
    (Outside("the disk is full"), OUTSIDE),
    (Unavailable("no broker at 127.0.0.1:1883"), OUTSIDE),
    (Rejected("not enrolled"), FAILED),
    (caused(Rejected("the port is taken"), OSError(errno.EADDRINUSE, "")), OUTSIDE),
    (OSError(errno.ENOSPC, "no space", "/var/lib/greenlane/journal"), OUTSIDE),
    (ExceptionGroup("tasks", [ExceptionGroup("inner", [Outside("the disk is full")])]), OUTSIDE),
]


def ending(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def act(_: argparse.Namespace) -> int:
        raise error

    return act


@pytest.mark.parametrize(("error", "code"), ENDS, ids=lambda value: repr(value)[:60])
def test_an_error_that_a_person_can_mend_is_one_sentence(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of error has its exit code, also from deep within tasks, and prints one line."""
    assert program.run(argparse.Namespace(act=ending(error))) == code
    assert capsys.readouterr().err.count("\n") == 1


def test_a_mistake_of_ours_shows_its_traceback() -> None:
    """An error that nobody foresaw is not dressed up."""
    with pytest.raises(ExceptionGroup):
        program.run(argparse.Namespace(act=ending(ExceptionGroup("tasks", [KeyError("x")]))))


def test_an_interrupted_command_ends_well() -> None:
    """Ctrl-C is how people end things."""
    assert program.run(argparse.Namespace(act=ending(KeyboardInterrupt()))) == OK
