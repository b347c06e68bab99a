"""Which class a body belongs to, and how long that is kept."""

from datetime import timedelta

import pytest

from contract.link import Rejected
from contract.messages import RetentionClass
from gateway.retention.lasting import Retention, class_of


@pytest.mark.parametrize(
    ("type_", "kind", "is_evidence", "expected"),
    [
        ("readings.taken", "kept", False, "telemetry"),
        ("foreign.heard", "foreign", False, "telemetry"),
        ("agent.alive", "kept", False, "telemetry"),
        ("seal.read", "kept", False, "events"),
        ("seal.read", "refused", False, "events"),
        ("seal.read", "fork", False, "events"),
        ("officer.acted", "kept", False, "evidence"),
        ("readings.taken", "kept", True, "evidence"),
        ("key.rotated", "kept", False, None),
        ("key.rotated", "kept", True, None),
        ("stream.lost", "kept", True, None),
        ("blob.part", "kept", True, None),
        ("alert.changed", "own", True, None),
        ("", "tick", False, None),
    ],
)
def test_each_body_has_one_class_or_stays_for_ever(
    type_: str, kind: str, *, is_evidence: bool, expected: RetentionClass | None
) -> None:
    """Keys, losses, parts and the gateway's own words stay, whatever rests on them."""
    assert class_of(type_, kind, is_evidence=is_evidence) == expected


def test_evidence_lasts_at_least_as_long_as_events() -> None:
    """As long is enough; where events stay for ever, evidence may not go."""
    same = Retention(events_days=30, evidence_days=30)
    assert same.lasting("evidence") == same.lasting("events") == timedelta(days=30)
    for events, evidence in ((31, 30), (0, 30)):
        with pytest.raises(Rejected, match="evidence last"):
            Retention(events_days=events, evidence_days=evidence).lasting("evidence")


def test_what_has_no_days_lasts_for_ever() -> None:
    """As everything does where nothing is said."""
    assert Retention().lasting("telemetry") is None
