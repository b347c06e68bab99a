"""What officers do is on its way until the journal has decided, restarts included."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from command_center.act import Act
from command_center.acts import KEPT_MAX, UNKNOWN, Acts
from contract.link import Unavailable
from contract.messages import ActDone, ActRefused, AlertChanged, OfficerActed
from tests.command_center.scripted import alert
from tests.support.virtual import START, run_virtually


class Life:
    """One life of the acts over a file, and what came out of it."""

    def __init__(self) -> None:
        self.said: list[OfficerActed] = []
        self.told: list[Act] = []
        self.is_full = False

    async def say(self, message: OfficerActed) -> None:
        """The outbox."""
        if self.is_full:
            raise Unavailable("the disk is full")
        self.said.append(message)


def play(path: Path, *lives: Callable[[Acts, Life], Awaitable[None]]) -> None:
    """One after the other over the same file."""

    async def main() -> None:
        for live in lives:
            life = Life()
            async with Acts.open(path / "acts.sqlite", say=life.say, told=life.told.append) as acts:
                await live(acts, life)

    run_virtually(main())


async def acknowledge(acts: Acts) -> str:
    """An act."""
    return await acts.act(
        verb="acknowledge", alert=alert("a1"), officer="Amina", role="officer", note="", assignee=""
    )


def test_sending_becomes_done_when_the_alert_carries_the_act(tmp_path: Path) -> None:
    """First said, then told, then settled."""

    async def one(acts: Acts, life: Life) -> None:
        id_ = await acknowledge(acts)
        assert [message.act for message in life.said] == [id_]
        acts.heard(AlertChanged(alert=alert("a1"), act="another"))
        acts.heard(AlertChanged(alert=alert("a1"), act=id_))
        await acts.flush()
        assert [act.state for act in life.told] == ["sending", "done"]

    async def two(acts: Acts, life: Life) -> None:
        assert [act.state for act in acts.shown()] == ["done"]
        assert life.said == []

    play(tmp_path, one, two)


def test_settled_acts_are_kept_up_to_a_limit_and_those_on_their_way_all(tmp_path: Path) -> None:
    """The journal has the others; what waits for an answer is never among those that go."""

    async def one(acts: Acts, life: Life) -> None:
        waiting, last = await acknowledge(acts), await acknowledge(acts)
        many = [(number, f"settled {number}") for number in range(10, KEPT_MAX + 40)]
        await acts._database.do(
            lambda at: at.executemany(
                "INSERT INTO acts VALUES (?, ?, 'done', '', 1, x'', '')", many
            )
        )
        acts.heard(AlertChanged(alert=alert("a1"), act=last))
        await acts.flush()
        assert [one.act for one in life.said] == [waiting, last]

    play(tmp_path, one)
    with closing(sqlite3.connect(tmp_path / "acts.sqlite")) as file:
        counts = dict(file.execute("SELECT state, count(*) FROM acts GROUP BY state"))
    assert counts == {"sending": 1, "done": KEPT_MAX}


def test_an_act_of_which_the_gateway_tells_no_more_does_not_stay_sending(tmp_path: Path) -> None:
    """Its refusal was pruned: said so after a while, and taken back should it be done after all."""

    async def one(acts: Acts, life: Life) -> None:
        early, late = await acknowledge(acts), await acknowledge(acts)
        acts.doubt()
        newer = await acknowledge(acts)
        await acts.age()
        acts.heard(AlertChanged(alert=alert("a1"), act=late))
        assert [act.state for act in acts.shown()] == ["done", "sending", "sending"]
        await acts.age()
        await acts.age()
        states = {act.act: (act.state, act.reason) for act in acts.shown()}
        assert states == {
            early: ("refused", UNKNOWN),
            late: ("done", ""),
            newer: ("sending", ""),
        }
        acts.heard(AlertChanged(alert=alert("a1"), act=early))
        await acts.flush()
        assert [act.state for act in life.told if act.act == early] == [
            "sending",
            "refused",
            "done",
        ]

    async def two(acts: Acts, life: Life) -> None:
        assert [act.state for act in acts.shown()] == ["done", "done", "sending"]
        assert life.said == []

    play(tmp_path, one, two)


def test_sending_becomes_refused_with_the_reason(tmp_path: Path) -> None:
    """The journal decides; a word after that turns nothing."""

    async def one(acts: Acts, life: Life) -> None:
        id_ = await acknowledge(acts)
        acts.heard(ActRefused(act=id_, alert="a1", reason="the alert is closed"))
        acts.heard(AlertChanged(alert=alert("a1"), act=id_))
        assert [(act.state, act.reason) for act in life.told] == [
            ("sending", ""),
            ("refused", "the alert is closed"),
        ]

    play(tmp_path, one)


def test_what_is_on_its_way_outlives_a_restart(tmp_path: Path) -> None:
    """Still sending; settled by the alert that names it, as a snapshot brings it."""

    async def one(acts: Acts, _life: Life) -> None:
        await acknowledge(acts)

    async def two(acts: Acts, life: Life) -> None:
        assert life.said == []
        (waiting,) = acts.shown()
        assert waiting.state == "sending"
        done = ActDone(
            act=waiting.act, verb="acknowledge", officer="Amina", role="officer", at=START
        )
        acts.seen(msgspec.structs.replace(alert("a1"), acts=(done,)))
        assert [act.state for act in acts.shown()] == ["done"]

    play(tmp_path, one, two)


def test_a_crash_before_the_outbox_says_it_after_the_restart(tmp_path: Path) -> None:
    """Our file has it, the outbox may not: it is said again under the same id."""

    async def one(acts: Acts, _life: Life) -> None:
        id_ = await acknowledge(acts)
        # The power went before the last of the two transactions.
        await acts._database.do(
            lambda connection: connection.execute(
                "UPDATE acts SET is_said = 0 WHERE act = ?", (id_,)
            )
        )

    async def two(acts: Acts, life: Life) -> None:
        assert [message.act for message in life.said] == [act.act for act in acts.shown()]

    async def three(_acts: Acts, life: Life) -> None:
        assert life.said == []

    play(tmp_path, one, two, three)


def test_what_could_not_be_said_is_refused_and_never_said_later(tmp_path: Path) -> None:
    """An officer who was told "failed" must not find it done the next morning."""

    async def one(acts: Acts, life: Life) -> None:
        life.is_full = True
        with pytest.raises(Unavailable):
            await acknowledge(acts)
        assert [act.state for act in life.told] == ["sending", "refused"]

    async def two(_acts: Acts, life: Life) -> None:
        assert life.said == []

    play(tmp_path, one, two)
