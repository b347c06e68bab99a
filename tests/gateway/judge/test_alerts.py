"""The life cycle of an alert."""

from datetime import timedelta
from typing import get_args

import pytest

from contract.messages import ActRefused, Alert, AlertChanged, AlertState, OfficerActed, Verb
from gateway.entry import Entry
from gateway.judge.alerts import EVIDENCE_MAX, TABLE, Refusal, acted, cleared, fed, opened
from gateway.judge.episodes import Episodes
from gateway.judge.rule import Finding
from tests.support.virtual import START

SOURCE = "/KEMBA/gate-2"
DESK = "/KEMBA/command-center"
FINDING = Finding(
    subject="HLXU4172204",
    source=SOURCE,
    device="reader",
    severity="high",
    title="Seal opened",
    detail="Opened.",
    observed_at=START,
)
CLEARS = Finding(
    effect="clears", subject="HLXU4172204", source=SOURCE, device="reader", observed_at=START
)


def entry(position: int, source: str = SOURCE) -> Entry:
    """An entry of the journal."""
    return Entry(
        position=position,
        received_at=START + timedelta(seconds=position),
        kind="kept",
        source=source,
        stream="events",
        epoch="a" * 16,
        sequence=position,
        hash=f"{position:064x}",
        type="seal.read",
    )


def act(verb: str, number: int = 1, alert: str = "", role: str = "officer") -> OfficerActed:
    """What Officer 12 does."""
    return OfficerActed(
        act=f"act-{number}",
        verb=verb,  # type: ignore[arg-type]
        alert=alert or "x",
        officer="Officer 12",
        role=role,  # type: ignore[arg-type]
        note="why",
        assignee="Officer 7",
    )


def alert_in(state: AlertState) -> Alert:
    """An alert in a state."""
    alert = opened("seal_opened", FINDING, entry(1), is_late=False)
    for verb in {
        "open": [],
        "acknowledged": ["acknowledge"],
        "in progress": ["start"],
        "resolved": ["resolve"],
        "closed": ["resolve", "close"],
    }[state]:
        result = acted(alert, act(verb), entry(2))
        assert isinstance(result, Alert)
        alert = result
    assert alert.state == state
    return alert


@pytest.mark.parametrize("state", get_args(AlertState))
@pytest.mark.parametrize("verb", get_args(Verb))
def test_every_act_in_every_state_is_done_or_refused_with_a_reason(
    state: AlertState, verb: Verb
) -> None:
    """The table is the whole truth, and a refusal is a sentence."""
    result = acted(alert_in(state), act(verb), entry(3))
    target = TABLE[state].get(verb)
    if target is None:
        assert isinstance(result, Refusal)
        assert f"the alert is {state}" in result.reason
        assert result.reason.endswith(".")
    else:
        assert isinstance(result, Alert)
        assert result.state == target
        assert result.acts[-1].verb == verb


def test_an_acknowledgement_dies_with_its_episode() -> None:
    """Acknowledged, ceased, and there again: it is open, for nobody has seen that."""
    alert = alert_in("acknowledged")
    assert fed(alert, FINDING, entry(4), is_late=False).state == "acknowledged"
    ceased = cleared(alert, CLEARS, entry(4))
    assert ceased.state == "resolved"
    assert fed(ceased, FINDING, entry(5), is_late=False).state == "open"


def test_what_nobody_has_seen_stays_open_when_it_ceases() -> None:
    """An officer sees what was, even if it cleared by itself."""
    ceased = cleared(alert_in("open"), CLEARS, entry(4))
    assert (ceased.state, ceased.is_active) == ("open", False)


def test_evidence_is_bounded_and_keeps_the_first() -> None:
    """A thousand repeats do not make an alert too large to travel."""
    alert = alert_in("open")
    for position in range(2, 1_000):
        alert = fed(alert, FINDING, entry(position), is_late=False)
    assert len(alert.evidence) == EVIDENCE_MAX
    assert alert.evidence[0].sequence == 1
    assert alert.evidence[-1].sequence == 999
    assert alert.times == 999


def test_a_closed_alert_is_followed_by_a_new_one() -> None:
    """New evidence does not disturb what is closed; a resolved one is reopened."""
    episodes = Episodes()
    [first] = episodes.found("seal_opened", FINDING, entry(1), is_late=False)
    assert isinstance(first, AlertChanged)
    desk = entry(2, DESK)
    for number, verb in enumerate(("resolve", "close")):
        episodes.act(act(verb, number, first.alert.id), desk, acts_from=("command-center",))
    [second] = episodes.found("seal_opened", FINDING, entry(3), is_late=False)
    assert isinstance(second, AlertChanged)
    assert second.alert.id != first.alert.id
    [refused] = episodes.act(act("reopen", 9, first.alert.id), desk, acts_from=("command-center",))
    assert isinstance(refused, ActRefused)
    assert "newer alert" in refused.reason


def test_an_act_said_again_is_not_done_again() -> None:
    """The command center may say an act twice in two epochs."""
    episodes = Episodes()
    [first] = episodes.found("seal_opened", FINDING, entry(1), is_late=False)
    assert isinstance(first, AlertChanged)
    comment = act("comment", 1, first.alert.id)
    assert episodes.act(comment, entry(2, DESK), acts_from=("command-center",))
    assert not episodes.act(comment, entry(3, DESK), acts_from=("command-center",))


def test_a_viewer_and_an_agent_may_not_act() -> None:
    """The gateway checks what the command center should have checked."""
    episodes = Episodes()
    [first] = episodes.found("seal_opened", FINDING, entry(1), is_late=False)
    assert isinstance(first, AlertChanged)
    for number, (source, role) in enumerate(((DESK, "viewer"), (SOURCE, "admin"))):
        [refused] = episodes.act(
            act("comment", number, first.alert.id, role),
            entry(2, source),
            acts_from=("command-center",),
        )
        assert isinstance(refused, ActRefused)
    assert not episodes.alerts[first.alert.id].acts


def test_ids_are_derived_from_what_opened_the_alert() -> None:
    """Two gateways agree on them."""
    one = opened("seal_opened", FINDING, entry(1), is_late=False)
    assert one.id == opened("seal_opened", FINDING, entry(1), is_late=True).id
    assert one.id != opened("seal_missing", FINDING, entry(1), is_late=False).id
    assert len(one.id) == 20
