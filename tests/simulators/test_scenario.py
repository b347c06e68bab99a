"""The story of a simulated post: one seed, one story, a loud beginning and a calm day."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identifiers import BagTag, Container, SealId
from models.inference import Model
from models.passport import WILDLIFE_MODEL
from models.xray.bag import CLASSES
from simulators.scanner import picture_of
from simulators.scenario import BAG_EVERY_S, CHAPTER_S, CONTRABAND, SHOWN, Scenario

OPENED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
seeds = st.integers(0, 10_000)


def test_contraband_can_be_rendered() -> None:
    """Every kind in the stories is one that the simulated machine can show."""
    assert set(CONTRABAND) <= set(CLASSES)


@given(seeds)
@settings(max_examples=30)
def test_the_first_half_minute_shows_what_there_is(seed: int) -> None:
    """A seal is opened, two bags hold contraband, the cold store leaves its range."""
    scenario = Scenario(seed)
    early = [h for h in scenario.happenings(0) if h.at_s < 30]
    assert [h.what for h in early].count("contraband") == 2
    assert {h.what for h in early} == {"contraband", "seal", "cold store"}
    assert scenario.climate(23)["temperature"] > 8
    assert "opened" in {seal.state for seal in scenario.seals(20, OPENED_AT)}


@given(seeds, st.integers(1, 300))
@settings(max_examples=30)
def test_a_later_chapter_has_one_happening(seed: int, chapter: int) -> None:
    """One in four minutes: a calm post."""
    (happening,) = Scenario(seed).happenings(chapter)
    assert chapter * CHAPTER_S <= happening.at_s < (chapter + 1) * CHAPTER_S


@given(seeds, st.floats(0, 50_000))
@settings(max_examples=60)
def test_the_same_seed_tells_the_same_story(seed: int, at_s: float) -> None:
    """Asked in any order, by anyone."""
    one, two = Scenario(seed), Scenario(seed)
    two.climate(at_s + 1_000)
    two.seals(at_s / 2, OPENED_AT)
    index = int(at_s // BAG_EVERY_S)
    assert one.climate(at_s) == two.climate(at_s)
    assert one.seals(at_s, OPENED_AT) == two.seals(at_s, OPENED_AT)
    assert one.bag(index) == two.bag(index)


@given(seeds, st.floats(0, 50_000))
@settings(max_examples=60)
def test_its_identifiers_are_good(seed: int, at_s: float) -> None:
    """Containers with the right check digit, seals and tags of the right form, none twice."""
    scenario = Scenario(seed)
    seals = scenario.seals(at_s, OPENED_AT)
    assert all(Container.parse(seal.container).is_checked for seal in seals)
    assert all(SealId.form.fullmatch(seal.seal) for seal in seals)
    assert len({seal.container for seal in seals}) == len(seals)
    assert BagTag.parse(scenario.bag(int(at_s)).tag)


@given(seeds)
@settings(max_examples=20)
def test_a_bag_holds_what_the_truth_says(seed: int) -> None:
    """The log of the truth and the pictures come from one place."""
    scenario = Scenario(seed)
    told = {
        h.slot: h.detail
        for chapter in range(6)
        for h in scenario.happenings(chapter)
        if h.what == "contraband"
    }
    bags = [scenario.bag(index) for index in range(int(6 * CHAPTER_S / BAG_EVERY_S))]
    assert {bag.index: bag.threat for bag in bags if bag.threat} == told


@given(seeds)
@settings(max_examples=20)
def test_an_opened_seal_stays_opened_while_its_container_is_here(seed: int) -> None:
    """It says one time of opening, so the gateway raises one alert."""
    scenario = Scenario(seed)
    seen = {scenario.seals(float(at), OPENED_AT)[0] for at in range(20, 220, 10)}
    assert len({(seal.state, seal.opened_at) for seal in seen}) == 1


@pytest.mark.parametrize("at_s", range(60, 230, 10))
def test_the_cold_store_is_in_range_on_a_calm_day(at_s: int) -> None:
    """Outside its one excursion nothing comes near the limits."""
    for seed in range(20):
        assert 2.5 < Scenario(seed).climate(at_s)["temperature"] < 5.5


@pytest.mark.parametrize(("kind", "seed"), sorted(SHOWN.items()))
def test_the_shipped_model_finds_what_the_opening_shows(kind: str, seed: int) -> None:
    """A newcomer sees an alert in the first half minute. A new model needs new seeds here."""
    scan = Model(WILDLIFE_MODEL).scan(picture_of(seed, kind))
    assert kind in [detection.kind for detection in scan.detections]
