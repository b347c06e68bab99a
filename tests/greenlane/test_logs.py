"""The log: one line per record, whatever is in it."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from greenlane import logs


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave the root logger as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def said(capsys: pytest.CaptureFixture[str], form: str) -> str:
    logs.set_up(form=form)
    logging.getLogger("edge.agent").info("device lost", extra={"device": "a\nb", "tries": 2})
    return capsys.readouterr().err


def test_facts_stand_behind_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is a sentence and its facts; a line end in a fact cannot forge a second line."""
    line = said(capsys, "text")
    assert line.endswith("Z INFO edge.agent device lost device='a\\nb' tries=2\n")


def test_json_lines_carry_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """With --log-format json each line is one object."""
    line = json.loads(said(capsys, "json"))
    assert line["says"] == "device lost"
    assert (line["device"], line["tries"], line["level"]) == ("a\nb", 2, "info")


def test_a_library_that_talks_too_much_is_not_heard(capsys: pytest.CaptureFixture[str]) -> None:
    """A device that is away is said once by the agent, not with every poll by pymodbus."""
    logs.set_up()
    chatty = logging.getLogger("pymodbus.logging")
    chatty.setLevel(logging.WARNING)
    chatty.warning("No response received after 3 retries.")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_traceback_is_told(capsys: pytest.CaptureFixture[str], form: str) -> None:
    """What broke can be found in the log."""
    logs.set_up(form=form)
    try:
        _ = 1 // len(sys.argv[:0])
    except ZeroDivisionError:
        logging.getLogger("edge").exception("driver broke")
    assert "ZeroDivisionError" in capsys.readouterr().err
