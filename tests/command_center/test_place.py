"""Where posts are: given by the configuration, told to who may see the post, and to nobody else."""

import json

import msgspec
import pytest

from command_center.board import Board
from command_center.config import Config
from command_center.live import Live
from command_center.officers import Officer
from command_center.place import Place
from contract.clock import SystemClock

HERE = Place(post="KEMBA", name="Mombasa", latitude=-4.04, longitude=39.66)
THERE = Place(post="GBLHR")
CONFIG = {"state_dir": "/nowhere", "post": "KEMBA"}


def config(*posts: object) -> Config:
    """A configuration with these posts, as TOML gives them."""
    return msgspec.convert({**CONFIG, "posts": list(posts)}, Config)


def test_a_post_needs_no_position() -> None:
    """It is listed, and has its plan of lanes; without any the configuration is good as well."""
    assert config({"post": "GBLHR"}).posts == (THERE,)
    assert msgspec.convert(CONFIG, Config).posts == ()


@pytest.mark.parametrize(
    ("posts", "says"),
    [
        ([{"post": "KEMBA", "latitude": -4.04}], "latitude and longitude come together"),
        ([{"post": "KEMBA"}, {"post": "KEMBA"}], "KEMBA is described twice"),
        ([{"post": "KEMBA", "latitude": 91, "longitude": 0}], "<= 90"),
        ([{"post": "Mombasa"}], "regex"),
        ([{"post": "KEMBA", "lat": 1}], "unknown field"),
    ],
)
def test_a_mistake_is_told_when_the_configuration_is_read(
    posts: list[dict[str, object]], says: str
) -> None:
    """Half a position, a post twice, beyond the pole, a name for a code, a key unknown."""
    with pytest.raises(msgspec.ValidationError, match=says):
        config(*posts)


@pytest.mark.parametrize(
    ("posts", "told"), [(("*",), ["KEMBA", "GBLHR"]), (("KEMBA",), ["KEMBA"]), ((), [])]
)
def test_an_officer_hears_of_their_own_posts_only(posts: tuple[str, ...], told: list[str]) -> None:
    """The snapshot names the places that the officer's posts cover."""
    officer = Officer("Amina", "officer", "hash", posts=posts)
    live = Live(board=Board(), who=lambda _: officer, clock=SystemClock(), places=(HERE, THERE))
    snapshot = json.loads(live.snapshot(officer))
    assert [place["post"] for place in snapshot["places"]] == told
