"""The shipped model against bags that no weights and no threshold have seen."""

import pytest

from models.evaluation import PICTURE_PX, bags, figures, look, report, wilson
from models.inference import Model
from models.passport import WILDLIFE_MODEL
from models.splits import DEMO
from models.xray.bag import CLASSES, render

SHELLS, HONEST = 60, 120


@pytest.fixture(scope="module")
def model() -> Model:
    """The shipped one."""
    return Model(WILDLIFE_MODEL)


def test_shipped_model_finds_most_shells_and_stops_few_honest_bags(model: Model) -> None:
    """Floors on fresh seeds, well below the passport's: half of the shells, one bag in twenty.

    The passport has the figures; this only guards against a broken model.
    """
    seeds = DEMO[500_000:]
    side = PICTURE_PX
    hidden = [render(seeds[i], threat="turtle_shell", size=(side, side)) for i in range(SHELLS)]
    honest = [render(seeds[1000 + i], size=(side, side)) for i in range(HONEST)]
    looks = look(model, [(p.pixels, p.truths) for p in (*hidden, *honest)])
    table = figures(looks, model.passport.thresholds)
    found, alarms = table["turtle_shell"].detection, table["any"].false_alarm
    assert found.value >= 0.5, report(table)
    assert alarms.value <= 0.05, report(table)


def test_passport_figures_can_be_reproduced(model: Model) -> None:
    """A small part of the trial gives rates that agree with the passport's."""
    looks = look(model, bags(DEMO[600_000:], range(96), PICTURE_PX, 0))
    again = figures(looks, model.passport.thresholds)["any"].detection
    said = model.passport.figures["any"].detection
    assert again.low <= said.high
    assert said.low <= again.high


def test_boxes_are_in_the_picture_and_sorted_by_score(model: Model) -> None:
    """In pixels of the original, whatever its shape."""
    for seed, size in ((11, (640, 480)), (12, (300, 900))):
        picture = render(seed, threat="turtle_shell", size=size)
        seen = model.detect(picture.pixels, floor=0.05)
        assert [d.score for d in seen] == sorted((d.score for d in seen), reverse=True)
        for detection in seen:
            x1, y1, x2, y2 = detection.box
            assert 0 <= x1 < x2 <= size[0]
            assert 0 <= y1 < y2 <= size[1]
            assert detection.kind in CLASSES


def test_same_picture_same_detections(model: Model) -> None:
    """An officer who looks again sees the same."""
    pixels = render(5, threat="elephant_tusk").pixels
    assert model.detect(pixels) == model.detect(pixels)


def test_passport_s_intervals_are_no_narrower_than_wilson_s(model: Model) -> None:
    """Two things in one bag are not two trials: there a bootstrap over bags may be wider."""
    for figure in model.passport.figures.values():
        alarms, found = figure.false_alarm, figure.detection
        assert wilson(alarms.hits, alarms.of) == alarms
        least = wilson(found.hits, found.of)
        assert found.low <= least.low <= found.value <= least.high <= found.high
