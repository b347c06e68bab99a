"""An officer of one post never hears of another: every kind of message, every route, closed."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.act import Act
from command_center.board import Board
from command_center.change import Change
from command_center.live import Live
from command_center.officers import Officer
from command_center.posts import common, covers, is_within, may_see, parse, post_of, seen
from contract import messages
from contract.link import Rejected
from contract.messages import (
    JudgeChanged,
    Message,
    Reading,
    SignedBytes,
)
from tests.command_center.two_posts import CHANGES, HERE, THERE
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import START, VirtualClock, run_virtually


def change(number: int, message: Message | None) -> Change:
    """As the follower tells it."""
    data = msgspec.json.encode(message)
    nothing = SignedBytes(body=b"", keyid="key", sig=b"")
    return Change(EPOCH, number, "", "", message, nothing, data)


def filled() -> Board:
    """A board of two posts."""
    board, number = Board(), 0
    for post in (HERE, THERE):
        for make in CHANGES.values():
            number += 1
            board.apply(EPOCH, number, make(post))
    return board


def test_posts_are_parsed_strictly() -> None:
    """Every post is said by a star, and by nothing else."""
    assert parse([THERE, HERE, HERE]) == (THERE, HERE)
    assert parse(["*", HERE]) == ("*",)
    assert parse([]) == ()
    for wrong in ("", "KE", "**", "KEMBA/GBLHR", "%"):
        with pytest.raises(Rejected):
            parse([wrong])
    with pytest.raises(Rejected, match="At most"):
        parse(f"AA{a}{b}C" for a in "ABCDEFGHIJK" for b in "ABCDEFGHIJK")
    assert post_of("nonsense") == ""
    assert not covers((), HERE)
    assert not covers((), "")


POSTS = st.sampled_from([(), ("*",), (HERE,), (THERE,), (THERE, HERE)])


@given(POSTS, POSTS, st.sampled_from([HERE, THERE, "USNYC"]))
def test_what_two_have_in_common_is_what_both_cover(
    one: tuple[str, ...], two: tuple[str, ...], post: str
) -> None:
    """And nobody gives what they do not hold."""
    assert covers(common(one, two), post) == (covers(one, post) and covers(two, post))
    if is_within(one, two):
        assert covers(two, post) or not covers(one, post)


def test_every_change_of_the_gateway_is_cut_or_for_everybody() -> None:
    """A new kind of change is nobody's until somebody says whose it is."""
    for make in CHANGES.values():
        assert may_see((HERE,), make(HERE))
        assert not may_see((HERE,), make(THERE))
        assert not may_see((), make(HERE))
        assert may_see(("*",), make(THERE))
    assert may_see((), JudgeChanged(version="1", rules=()))
    assert not may_see(("*",), None)
    assert not may_see(("*",), messages.DeviceLost(device="d", reason=""))


def test_the_snapshot_is_cut() -> None:
    """Nothing of another post in any field of it."""
    board = filled()
    told = msgspec.json.encode(seen(board, (HERE,))).decode()
    assert THERE not in told
    assert told.count(HERE) >= len(CHANGES)
    assert seen(board, ("*",)) == board.snapshot()
    nobody = seen(board, ())
    assert (nobody.alerts, nobody.agents, nobody.completeness, nobody.scans) == ((), (), (), ())


def told(screen: Any) -> str:
    """All that waits for a screen."""
    return "\n".join(screen.queue.get_nowait() for _ in range(screen.queue.qsize()))


def test_the_live_stream_is_cut_for_every_kind() -> None:
    """Snapshot, changes, acts, readings: of another post only the number of a change is heard."""

    async def main() -> None:
        board = filled()
        known = {"here": Officer("Amina", "officer", "hash", posts=(HERE,))}
        live = Live(board=board, who=known.get, clock=VirtualClock())
        acts = [act_of(HERE), act_of(THERE)]
        live.join_up(acts=lambda: acts, gateway=live._state, watch=lambda _: None)
        screen = live.join("here", known["here"])
        assert screen is not None
        live.renewed()
        for number, make in enumerate(CHANGES.values(), start=100):
            live.changed(change(number, make(THERE)))
        for act in acts:
            live.acted(act)
        for device in ("scale-GBLHR", "scale-KEMBA", "unknown"):
            asked = {"kind": "watch", "device": device, "metric": "mass"}
            live.hear(screen, json.dumps(asked).encode())
        assert screen.watches == {("scale-KEMBA", "mass")}
        reading = Reading(
            device="scale-KEMBA", metric="mass", value=1, unit="kg", observed_at=START
        )
        live.readings("/GBLHR/gate-2", [reading])
        text = told(screen)
        assert THERE not in text
        assert [json.loads(line)["kind"] for line in text.split("\n")] == [
            *("snapshot", "snapshot"),
            *(["change"] * len(CHANGES)),
            "act",
        ]
        assert '"number":100,"type":"","data":null' in text
        live.readings("/KEMBA/gate-2", [reading])
        assert HERE in told(screen)

    run_virtually(main())


def test_posts_taken_away_are_gone_at_once() -> None:
    """The next message first brings a snapshot of what is left."""

    async def main() -> None:
        known = {"t": Officer("Amina", "officer", "hash", posts=("*",))}
        live = Live(board=filled(), who=known.get, clock=VirtualClock())
        screen = live.join("t", known["t"])
        assert screen is not None
        told(screen)
        known["t"] = Officer("Amina", "officer", "hash", posts=(THERE,))
        live.changed(change(101, CHANGES["alert.changed"](HERE)))
        snapshot, bare = told(screen).split("\n")
        assert json.loads(snapshot)["kind"] == "snapshot"
        assert HERE not in snapshot + bare

    run_virtually(main())


def act_of(post: str) -> Act:
    """An act on an alert of that post."""
    return Act(
        act=f"act-{post}",
        alert=f"a-{post}",
        verb="comment",
        officer="B",
        state="sending",
        post=post,
    )
