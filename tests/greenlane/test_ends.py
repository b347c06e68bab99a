"""How a command ends: a code and one sentence for what a person can mend, else a traceback."""

import argparse
import errno
import re
from collections.abc import Callable
from pathlib import Path

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
    (FileNotFoundError(errno.ENOENT, "no such file", "/media/usb/gateway.tar"), OUTSIDE),
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


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("evidence verify nowhere.zip", r"nowhere\.zip: there is no such file or folder"),
        (
            "backup out.tar --config no.toml",
            "`greenlane backup` reads a configuration there; begin",
        ),
        ("edge enroll --code a-b --config no.toml", "a copy of firmware_configs/raspberry-pi/"),
        ("doctor --config no.toml", r"no\.toml: there is no such file\. `greenlane doctor` reads"),
        ("simulate --devices 9 --codes nowhere", "nowhere: there is no such file or folder"),
        ("model train nothing", "no recipe 'nothing': give a file, or one of smoke, "),
        ("edge --config {firmware}/raspberry-pi/agent.toml", "`greenlane edge enroll`"),
        ("journal replay --config {firmware}/post/command-center.toml", "of another service"),
        ("command-center --config {firmware}/post/gateway.toml", "is a gateway's"),
        (
            "gateway code --config {firmware}/post/gateway.toml --agent lane-1 --post GBLHR",
            "this gateway is of KEMBA, not of GBLHR",
        ),
    ],
)
def test_what_cannot_be_done_as_typed_is_answered_with_what_to_do(
    line: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and no traceback."""
    words = line.format(firmware=Path(__file__).parents[2] / "firmware_configs").split()
    assert program.main(words) != OK
    said = capsys.readouterr().err
    assert re.search(says, said)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("demo --port 65536", "is no port: they end at 65535"),
        ("simulate --folder x --modbus-port -1", "is no port: they end at 65535"),
        ("model evaluate --bags 0", "'0' is no whole number from 1 on"),
        ("model evaluate --bags many", "'many' is no whole number from 1 on"),
        ("model adapt --benign x --false-alarms 2", "'2' is no number between 0 and 1"),
        ("model adapt --benign x --minutes nan", "'nan' is no number above 0"),
        ("gateway authority --host not/a/host", "'not/a/host' is no name of a host"),
        ("gateway revoke --agent a --reason r --key zz", "'zz' is no key id"),
    ],
)
def test_what_cannot_be_is_bad_usage(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told by the parser, before anything begins."""
    with pytest.raises(SystemExit, match=str(USAGE)):
        program.main(words.split())
    assert says in capsys.readouterr().err


def test_a_mistake_of_ours_shows_its_traceback() -> None:
    """An error that nobody foresaw is not dressed up."""
    with pytest.raises(ExceptionGroup):
        program.run(argparse.Namespace(act=ending(ExceptionGroup("tasks", [KeyError("x")]))))


def test_an_interrupted_command_ends_well() -> None:
    """Ctrl-C is how people end things."""
    assert program.run(argparse.Namespace(act=ending(KeyboardInterrupt()))) == OK
