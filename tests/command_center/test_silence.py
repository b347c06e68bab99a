"""When the gateway counts as live, silent, never heard."""

from datetime import UTC, datetime

from command_center.silence import NANOSECONDS, SILENCE_S_MAX, Silence

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = SILENCE_S_MAX * NANOSECONDS


def test_what_was_never_heard_is_not_called_silent() -> None:
    """A new command center has nobody to miss."""
    assert Silence(now_ns=0).state(10 * LONG).state == "never heard"


def test_a_restart_gives_the_gateway_its_thirty_seconds() -> None:
    """It was heard before: silent, but only after it could have spoken."""
    silence = Silence(now_ns=0, heard_at=AT)
    assert silence.state(LONG - 1).state == "never heard"
    assert silence.state(LONG).state == "silent"


def test_each_packet_counts_anew() -> None:
    """Live until thirty seconds after the last."""
    silence = Silence(now_ns=0)
    silence.heard(now_ns=5, at=AT)
    assert silence.state(LONG + 4).state == "live"
    assert silence.state(LONG + 5).state == "silent"
