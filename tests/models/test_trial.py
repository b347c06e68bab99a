"""A trial says of itself what would flatter."""

from models.detection import Detection
from models.evaluation import Look
from models.passport import WILDLIFE_MODEL, Passport, load
from models.report import SEES_PROJECTION, as_dict, as_markdown
from models.trial import Trial, judge
from models.xray.bag import Truth
from models.xray.contents import LOOKALIKES

BOX = (10.0, 10.0, 50.0, 50.0)
SEEN = {"brightness": 0.5}
LOUD = (Detection("bird", 0.99, BOX),)
OTHER, ALIKE = "shoe", next(iter(LOOKALIKES))


def look(said: tuple[Detection, ...] = (), packed: tuple[str, ...] = (), name: str = "") -> Look:
    """Of a harmless picture."""
    return Look((), said, name, packed, 1.0, SEEN)


def tried(controls: list[Look]) -> Trial:
    """Forty harmless pictures without an alarm, and again with a bird that is found in each."""
    passport: Passport = load(WILDLIFE_MODEL)[0]
    names = [str(number) for number in range(40)]
    items = [Look((Truth("bird", BOX),), LOUD, name, (), 1.0, SEEN) for name in names]
    return judge(passport, [look(name=name) for name in names], "", items, controls)


def test_alarms_at_any_projected_thing_are_named() -> None:
    """In the report for people, and for programs."""
    trial = tried([look(LOUD, (OTHER,)) for _ in range(20)])
    assert SEES_PROJECTION in as_markdown(trial)
    assert as_dict(trial)["sees_projection"] is True


def test_alarms_at_lookalikes_alone_show_no_such_thing() -> None:
    """They look alike: to be mistaken for it is another weakness, which has a row of its own."""
    quiet = [look((), (OTHER,)) for _ in range(20)]
    trial = tried([*quiet, *(look(LOUD, (ALIKE,)) for _ in range(20))])
    assert SEES_PROJECTION not in as_markdown(trial)
    assert as_dict(trial)["sees_projection"] is False


def test_chance_shows_nothing() -> None:
    """One alarm of twenty may come where none of forty came."""
    controls = [look(LOUD, (OTHER,)), *(look((), (OTHER,)) for _ in range(19))]
    assert not tried(controls).sees_projection()


def test_without_a_control_nothing_is_claimed() -> None:
    """A folder on trial without items has none."""
    assert not tried([]).sees_projection()
