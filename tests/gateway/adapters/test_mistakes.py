"""Mistakes in ``[[foreign]]`` are explained in one sentence; what we deliver has none."""
# ruff: noqa: E501 - a table reads better with one mistake a line

from pathlib import Path

import pytest

from contract.config import BadConfig, parse
from contract.link import Rejected
from gateway.adapters.profiles import PROFILES
from gateway.adapters.unit import UNITS, nearest_unit
from gateway.config import GatewayConfig

DELIVERED = Path(__file__).parents[3] / "firmware_configs" / "foreign" / "gateway.toml"
HEAD = 'state_dir = "x"\nposts = ["KEMBA"]\n'


def config(toml: str) -> GatewayConfig:
    return parse(HEAD + toml, GatewayConfig)


def test_the_delivered_example_is_right() -> None:
    """Every table of it makes an adapter."""
    made = config(DELIVERED.read_text()).adapters
    assert [one.source.name for one in made] == [
        *("foreign-yard", "foreign-reefers", "foreign-cold-store"),
        *("foreign-warehouse", "foreign-scales"),
    ]
    assert all(one.filters for one in made)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('name = "a"', "'a': needs a topic, or a profile (esphome, tasmota, zigbee2mqtt)"),
        ('name = "a"\nprofile = "tasmotta"', "'a': no profile is called 'tasmotta'; did you mean 'tasmota'?"),
        ('name = "a"\nprofile = "esphome"\ntopic = "x/{device}"', "'a': topic is the profile's to say; leave out one of the two"),
        ('name = "a"\ntopic = "x/{device}"\nbase = "y"', "'a': base goes with a profile; write it into the topic"),
        ('name = "a"\ntopic = "x/y"', "'a': topic 'x/y' has no {device}, and device names no field"),
        ('name = "a"\ntopic = "x/{device}"\ndevice = "id"', "'a': device is in the topic or in a field of an object, not in both"),
        ('name = "a"\ntopic = "x/{dev}"', "'a': topic 'x/{dev}': a level is {device} or {metric}, not {dev}"),
        ('name = "a"\ntopic = "x/#"', "'a': topic 'x/#': '#' is neither a name nor {name}"),
        ('name = "a"\ntopic = "x/{device}"\npayload = "value"', "'a': a single value is a {metric} of the topic or a metric, one of both"),
        ('name = "a"\ntopic = "x/{device}/{metric}"\npayload = "value"\ntime = "t"', "'a': only an object has a field for the time"),
        ('name = "a"\ntopic = "x/{device}"\npost = "KENBO"', "'a': post = 'KENBO' is none of this gateway's (KEMBA)"),
        ('name = "a"\ntopic = "x/{device}"\n[foreign.metrics.t]\nunit = "°C"', "'a': unit '°C' of t is not SenML's; did you mean 'Cel'?"),
        ('name = "a"\ntopic = "x/{device}"\n[[foreign]]\nname = "a"\ntopic = "y/{device}"', "two tables [[foreign]] make the source /KEMBA/foreign-a: name one anew"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(table: str, sentence: str) -> None:
    """It names the table, the key and what would be right."""
    with pytest.raises(Rejected) as told:
        _ = config(f"[[foreign]]\n{table}\n").adapters
    assert str(told.value).removeprefix("[[foreign]] ") == sentence


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('name = "a"\ntopik = "x"', "unknown key 'topik'.* did you mean 'topic'?"),
        ('name = "a"\ntime_unit = "minutes"', "time_unit"),
        ('name = "Yard 7"\ntopic = "x"', "name"),
        ('name = "a"\nutc_offset = "EAT"', "utc_offset"),
    ],
)
def test_a_value_of_the_wrong_form_is_named(table: str, sentence: str) -> None:
    """As everywhere in our configuration."""
    with pytest.raises(BadConfig, match=sentence):
        config(f"[[foreign]]\n{table}\n")


def test_profiles_use_units_of_the_registry() -> None:
    """Of every route of every profile."""
    metrics = [m for it in PROFILES.values() for r in it.routes("x/") for m in r.metrics.values()]
    assert metrics
    assert {metric.unit for metric in metrics} - {""} <= UNITS
    assert nearest_unit("degC") == "Cel"
    assert nearest_unit("%rh") == "%RH"
