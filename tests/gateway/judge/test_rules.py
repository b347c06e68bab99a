"""What raises an alert, and what does not."""

import msgspec

from contract.messages import (
    AlertChanged,
    SuspectsHeld,
)
from gateway.judge.law import law
from gateway.judge.rule import REMEMBERED_MAX
from gateway.judge.rules import RULES
from gateway.judge.rules.strangers_knock import STRANGERS_KNOCK
from gateway.judge.settings import JudgeSettings
from tests.gateway.judge.court import GATE, Court, alive, fact_of, seal
from tests.gateway.sample_journal import own


def test_the_folder_and_the_table_of_rules_agree() -> None:
    """A rule that is not in the table would never be asked."""
    assert len({rule.name for rule in RULES}) == len(RULES) == 13
    assert law(JudgeSettings()).rules == tuple(rule.name for rule in RULES)


def test_names_that_strangers_make_up_do_not_fill_the_memory() -> None:
    """The one that was heard longest ago gives way."""
    memory = STRANGERS_KNOCK.memory()
    suspects = SuspectsHeld(source=GATE, count=10, reason="no key")
    fact = fact_of(suspects, 1, JudgeSettings())
    for number in range(REMEMBERED_MAX + 5):
        one = msgspec.structs.replace(suspects, source=f"/KEMBA/s{number}")
        assert [*STRANGERS_KNOCK.find(msgspec.structs.replace(fact, message=one), memory)]
    assert len(memory.held) == REMEMBERED_MAX
    assert "/KEMBA/s4" not in memory.held


def test_numbers_that_stay_missing_are_told_and_clear_when_they_come() -> None:
    """A silent hole is not silent for long."""
    court = Court()
    court.live(alive("e", last=1), 0)
    court.tick(1)
    court.live(alive("e", last=1), 55)
    court.tick(62)
    [alert] = court.alerts("numbers_missing")
    assert alert.is_active
    court.say(seal("intact"), 63)
    court.tick(75)
    assert not court.alerts("numbers_missing")[0].is_active


def test_a_rule_that_the_law_does_not_name_is_not_asked() -> None:
    """Rules are in force from a `judge.changed` entry on, in a replay as well."""
    court = Court()
    empty = law(JudgeSettings())
    court.hear(own(type(empty)(version="0", rules=(), settings=empty.settings), 0), 0)
    court.say(seal("opened"), 1)
    assert not court.state.episodes.alerts


def test_every_change_of_an_alert_is_told() -> None:
    """What the board shows is what the judge knows."""
    court = Court()
    changes = court.say(seal("opened"), 0)
    told = [change.alert for change in changes if isinstance(change, AlertChanged)]
    assert told == list(court.state.episodes.alerts.values())
