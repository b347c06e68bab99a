"""The board is a fold: whatever the order, it is what a fresh snapshot would say."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from command_center import board as boards
from command_center.board import Board, Thing, thing_of
from contract.messages import (
    STREAMS,
    ActRefused,
    AgentChanged,
    Alert,
    AlertChanged,
    AlertState,
    CompletenessChanged,
    DeviceTwin,
    JudgeChanged,
    Message,
    Scan,
    ScanChanged,
    StreamState,
)
from tests.command_center.scripted import AGENT, alert
from tests.support.scripted_gateway import EPOCH

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ids = st.sampled_from(["one", "two", "three"])
sources = st.sampled_from([AGENT, "/KEMBA/gate-3"])
states = st.sampled_from(["open", "acknowledged", "in progress", "resolved", "closed"])
alerts = st.builds(
    lambda id_, state, times: AlertChanged(alert=_alert(id_, state, times)),
    ids,
    states,
    st.integers(1, 9),
)
agents = st.builds(AgentChanged, source=sources, state=st.sampled_from(["alive", "silent", "gone"]))
completeness = st.builds(
    CompletenessChanged,
    source=sources,
    status=st.sampled_from(["complete", "missing"]),
    streams=st.builds(
        lambda kept: tuple(
            StreamState(stream=s, status="complete", kept=kept, missing=0, lost=0) for s in STREAMS
        ),
        st.integers(0, 9),
    ),
)
scans = st.builds(
    lambda id_, is_kept: ScanChanged(scan=_scan(id_, is_kept=is_kept)), ids, st.booleans()
)
judges = st.builds(JudgeChanged, version=ids, rules=st.just(("seal_opened",)))
refusals = st.builds(ActRefused, act=ids, alert=ids, reason=st.just("it is closed"))
changes = st.lists(
    st.one_of(alerts, agents, completeness, scans, judges, refusals, st.none()), max_size=40
)


def _alert(id_: str, state: AlertState, times: int) -> Alert:
    return msgspec.structs.replace(alert(id_, state=state), times=times)


def _scan(id_: str, *, is_kept: bool = False) -> Scan:
    return Scan(
        id=id_, source=AGENT, device="scan-1", post="KEMBA", observed_at=AT, is_kept=is_kept
    )


def _applied(messages: list[Message | None]) -> Board:
    board = Board()
    for number, message in enumerate(messages, start=1):
        board.apply(EPOCH, number, message)
    return board


@given(changes)
def test_apply_over_any_sequence_equals_a_fresh_snapshot(messages: list[Message | None]) -> None:
    """What the gateway would tell anew (of each thing the latest) makes the same board."""
    latest: dict[Thing, int] = {}
    for number, message in enumerate(messages, start=1):
        if thing := thing_of(message):
            latest[thing] = number
    fresh = Board()
    for number in sorted(latest.values()):
        fresh.apply(EPOCH, number, messages[number - 1])
    fresh.apply(EPOCH, len(messages), None)
    told = _applied([*messages])
    told.apply(EPOCH, len(messages), None)
    assert told.snapshot() == fresh.snapshot()


@given(changes, changes)
def test_a_forgotten_board_is_a_new_board(
    before: list[Message | None], after: list[Message | None]
) -> None:
    """Nothing of before a snapshot survives it."""
    board = _applied(before)
    board.forget()
    for number, message in enumerate(after, start=1):
        board.apply(EPOCH, number, message)
    board.apply(EPOCH, len(after), None)
    fresh = _applied(after)
    fresh.apply(EPOCH, len(after), None)
    assert board.snapshot() == fresh.snapshot()


def test_only_the_newest_scans_stay() -> None:
    """The scan that changed longest ago gives way, and is named."""
    board = Board()
    gone = [
        board.apply(EPOCH, number, ScanChanged(scan=_scan(f"s{number}")))
        for number in range(1, boards.SCANS_MAX + 3)
    ]
    assert len(board.snapshot().scans) == boards.SCANS_MAX
    assert [one for one in gone if one] == [(Thing("scan", "s1"),), (Thing("scan", "s2"),)]


def test_closed_alerts_never_push_out_an_open_one() -> None:
    """A thousand and more closed alerts leave the open one where it is."""
    board = Board()
    board.apply(EPOCH, 1, AlertChanged(alert=alert("open")))
    for number in range(2, boards.CLOSED_ALERTS_MAX + 10):
        board.apply(EPOCH, number, AlertChanged(alert=alert(f"c{number}", state="closed")))
    assert board.alert("open") is not None
    assert len(board.snapshot().alerts) == boards.CLOSED_ALERTS_MAX + 1


def test_a_reopened_alert_counts_once() -> None:
    """Closed and open are two places, and an alert stands in one."""
    board = _applied(
        [
            AlertChanged(alert=alert("a")),
            AlertChanged(alert=alert("a", state="closed")),
            AlertChanged(alert=alert("a")),
        ]
    )
    assert [one.state for one in board.snapshot().alerts] == ["open"]


def test_a_device_is_found_behind_the_agent_that_named_it_last() -> None:
    """A device that moved to another box is heard there."""
    board = Board()
    for source in (AGENT, "/KEMBA/gate-3"):
        twin = DeviceTwin(device="scale", family="modbus")
        board.apply(EPOCH, 1, AgentChanged(source=source, state="alive", devices=(twin,)))
    assert board.source_of("scale") == "/KEMBA/gate-3"
    assert board.source_of("nothing") is None
