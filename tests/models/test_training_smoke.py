"""From a recipe to a passport, and on from a kill; needs PyTorch, the extra `train`."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

from models.curriculum import Lessons
from models.inference import Model
from models.network import Network
from models.passport import load
from models.pictures import Rendering, Store
from models.recipe import RECIPES, read
from models.second_training import trained
from models.start import weights_digest
from models.train import train
from models.training import Training
from models.xray.bag import CLASSES, render

pytestmark = [pytest.mark.train, pytest.mark.timeout(180)]
# PyTorch's own notices about its exporter and about pinned memory are not ours to mend.
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@quiet
def test_smoke_recipe_trains_exports_and_gets_its_passport(tmp_path: Path) -> None:
    """In well under three minutes on two cores; the export is compared with PyTorch on the way."""
    recipe = read(RECIPES / "smoke.toml")
    path = train(recipe, tmp_path)
    passport, _ = load(path)
    assert passport.classes == CLASSES
    assert passport.training["recipe"]["seed"] == recipe.seed
    assert passport.figures["any"].false_alarm.of == recipe.test_bags // 2
    Model(path).detect(render(1, size=(160, 160)).pixels)


@quiet
def test_killed_training_goes_on_where_it_was(tmp_path: Path) -> None:
    """Half now, half after a restart, is the whole: to the last bit of the averaged weights."""
    recipe = replace(read(RECIPES / "smoke.toml"), pictures=16, pictures_first=8, steps=6)
    store = Store(tmp_path / "pictures", recipe.pictures, recipe.picture_px, recipe.input_px)
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
    with Rendering(store, 1):
        whole = Training(recipe, tmp_path / "whole").run(store)
    first = Training(recipe, tmp_path / "halves")
    lessons = Lessons(recipe, store)
    for step in range(3):
        first.advance(lessons[step])
    first.save()
    second = Training(recipe, tmp_path / "halves")
    assert second.step == 3
    halves = second.run(store)
    for one, other in zip(whole.parameters(), halves.parameters(), strict=True):
        assert np.array_equal(one.detach().numpy(), other.detach().numpy())


@quiet
def test_second_stage_learns_in_rounds_and_what_is_learnt_needs_no_pictures(tmp_path: Path) -> None:
    """A round begins with what the last one gave, on other bags; done is done without them."""
    smoke = read(RECIPES / "smoke.toml")
    assert smoke.second is not None
    short = replace(smoke.second, pictures=8, pictures_first=8, steps=(2,))
    recipe = replace(smoke, second=replace(short, steps=(2, 2)))
    first = Network(len(CLASSES), recipe.width)
    once = trained(replace(recipe, second=short), first, tmp_path).state_dict()
    twice = trained(recipe, first, tmp_path).state_dict()
    assert weights_digest(once) != weights_digest(twice)
    stores = [tmp_path / name / "pictures" for name in ("second", "second-2")]
    first_seen, then_seen = (np.fromfile(next(one.glob("pixels*")), np.uint8) for one in stores)
    assert not np.array_equal(first_seen, then_seen)
    for one in stores:
        shutil.rmtree(one)
    assert weights_digest(trained(recipe, first, tmp_path).state_dict()) == weights_digest(twice)
    assert not any(one.exists() for one in stores)


def test_loaders_make_the_same_batches(tmp_path: Path) -> None:
    """Where a batch is made changes nothing in it."""
    recipe = replace(read(RECIPES / "smoke.toml"), pictures=16, pictures_first=8, steps=4)
    store = Store(tmp_path, recipe.pictures, recipe.picture_px, recipe.input_px)
    with Rendering(store, 1):
        here = list(Lessons(recipe, store).after(1))
    there = list(Lessons(replace(recipe, loaders=1), store).after(1))
    assert len(here) == len(there) == 3
    for one, other in zip(here, there, strict=True):
        for part, same in zip(one, other, strict=True):
            assert np.array_equal(part.numpy(), same.numpy())


def test_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    """A run is one recipe's."""
    recipe = read(RECIPES / "smoke.toml")
    Training(recipe, tmp_path).save()
    with pytest.raises(ValueError, match="another recipe"):
        Training(replace(recipe, seed=2), tmp_path)


def test_recipe_begins_with_the_weights_of_another(tmp_path: Path) -> None:
    """With its averaged weights, at another size; the passport will say whose they are."""
    recipe = replace(read(RECIPES / "smoke.toml"), steps=0)
    (tmp_path / "small").mkdir()
    first = Training(recipe, tmp_path / "small")
    first.save()
    larger = replace(recipe, name="large", input_px=192, seed=5, begins_with="small")
    (tmp_path / "large").mkdir()
    second = Training(larger, tmp_path / "large")
    for one, other in zip(first.average.parameters(), second.network.parameters(), strict=True):
        assert np.array_equal(one.detach().numpy(), other.detach().numpy())
    told = second.history[0]["begins_with"]
    assert (told["name"], told["steps"], told["recipe"]["input_px"]) == ("small", 0, 160)
    assert told["weights_sha256"] == weights_digest(second.network.state_dict())


def test_recipe_begins_with_nothing_unfinished(tmp_path: Path) -> None:
    """What is missing or half done is named, not passed over."""
    recipe = read(RECIPES / "smoke.toml")
    later = replace(recipe, begins_with="small")
    with pytest.raises(ValueError, match="train small first"):
        Training(later, tmp_path / "large")
    (tmp_path / "small").mkdir()
    Training(recipe, tmp_path / "small").save()
    with pytest.raises(ValueError, match="to its end"):
        Training(later, tmp_path / "large")


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("seed = 1", "seed = 1\nlerning_rate = 1", "a recipe has no lerning_rate"),
        ("seed = 1\n", "", "a recipe needs seed"),
        ("steps = [6]", "stepps = [6]", r"\[second\] of a recipe has no stepps"),
        ("steps = [6]", "", r"\[second\] of a recipe needs steps"),
    ],
)
def test_recipe_with_a_typing_error_is_refused(
    tmp_path: Path, line: str, instead: str, said: str
) -> None:
    """It must not become a silent default."""
    path, smoke = tmp_path / "typo.toml", (RECIPES / "smoke.toml").read_text()
    assert line in smoke
    path.write_text(smoke.replace(line, instead))
    with pytest.raises(ValueError, match=f"typo.toml: {said}"):
        read(path)


def test_run_may_be_made_shorter_and_says_so(tmp_path: Path) -> None:
    """Time runs out; the passport tells from which step on the plan was another."""
    recipe = read(RECIPES / "smoke.toml")
    Training(recipe, tmp_path).save()
    shorter = Training(replace(recipe, steps=3), tmp_path)
    assert [(h["from_step"], h["recipe"]["steps"]) for h in shorter.history] == [
        (0, recipe.steps),
        (0, 3),
    ]
