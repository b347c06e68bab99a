"""When a scanner's pictures have changed, and when they have settled again."""

from contract.messages import (
    Alert,
)
from gateway.judge.settings import JudgeSettings, Pictures
from tests.gateway.judge.court import Court, at, report


def alert(court: Court) -> Alert:
    """The one there is."""
    [one] = court.alerts("pictures_changed")
    return one


def test_moved_pictures_are_an_alert_that_says_what_differs() -> None:
    """And what to do about it; said once, however many reports say so."""
    court = Court()
    court.say(report(0.09, 0), 0)
    assert not court.alerts("pictures_changed")
    for minute in range(1, 4):
        court.say(report(0.61, 600 * minute), 600 * minute)
    told = alert(court)
    assert (told.title, told.device, told.severity) == (
        "Pictures have changed",
        "scanner-1",
        "medium",
    )
    assert told.times == 1
    assert told.detail.startswith("The last 500 pictures of scanner-1 up to 12:10:00 UTC no longer")
    assert "What differs most: sharpness (0.61)." in told.detail
    assert "does not hold: look at the scanner, or adapt the model to it." in told.detail
    assert [one.says for one in told.evidence] == ["pictures differ by 0.61"]


def test_it_clears_when_they_have_settled_and_not_before() -> None:
    """Between the two bounds it stays as it was, in both directions."""
    court = Court()
    for step, worst in enumerate((0.2, 0.3, 0.2, 0.12)):
        court.say(report(worst, 600 * step), 600 * step)
    assert alert(court).is_active
    court.say(report(0.08, 2_400), 2_400)
    assert not alert(court).is_active
    assert "look like those that its model was made for (0.08)" in alert(court).detail
    court.say(report(0.2, 3_000), 3_000)
    assert not alert(court).is_active


def test_a_report_from_before_says_nothing_about_now() -> None:
    """As with everything that comes late."""
    court = Court()
    court.say(report(0.5, 1_200), 1_200)
    court.say(report(0.05, 600), 1_210)
    assert alert(court).is_active


def test_a_post_sets_its_own_bounds() -> None:
    """A hall whose traffic varies much may want to hear less."""
    court = Court(JudgeSettings(pictures=Pictures(moved_min=1.0, settled_max=0.5)))
    court.say(report(0.61, 0), 0)
    assert not court.alerts("pictures_changed")
    court.say(report(1.2, 600), 600)
    assert alert(court).is_active


def test_pictures_that_had_changed_are_told_late() -> None:
    """Once for the time in which no report said otherwise."""
    court = Court()
    for seconds, worst in ((0, 0.05), (1_800, 0.05), (600, 0.5), (900, 0.6), (1_200, 0.15)):
        court.say(report(worst, seconds), 2_000)
    [told] = court.alerts("pictures_changed")
    assert (told.is_active, told.is_late, told.times) == (False, True, 1)
    assert told.opened_at == at(600)
