"""Whatever somebody writes into a configuration file is read, or named in one sentence."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulators
from command_center.config import Config
from contract.config import BadConfig, parse
from edge.config import AgentConfig
from gateway.config import GatewayConfig
from simulators.scenario_file import ScenarioFile

ROOT: Final = Path(simulators.__file__).parents[1]
FILES: Final[tuple[tuple[str, type[Any]], ...]] = (
    ("edge/agent.example.toml", AgentConfig),
    ("firmware_configs/raspberry-pi/agent.toml", AgentConfig),
    ("firmware_configs/post/gateway.toml", GatewayConfig),
    ("firmware_configs/foreign/gateway.toml", GatewayConfig),
    ("firmware_configs/post/command-center.toml", Config),
    ("simulators/scenarios/bad-network.toml", ScenarioFile),
)
HEAD: Final = {"firmware_configs/foreign/gateway.toml": 'state_dir = "x"\nposts = ["KEMBA"]\n'}
"""What stands above a file that is a part of one."""
VALUES: Final = (
    *('""', '"x"', "0", "-1", "1e400", "nan", "inf", "9999999999999999999999", "true", "[]", "{}"),
    *("1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", '"\\u0000"', "[[[[[]]]]]", "{a = {b = 1}}"),
)


def written(name: str) -> str:
    """A file as its program would read it."""
    return HEAD.get(name, "") + (ROOT / name).read_text()


@pytest.mark.parametrize(("name", "kind"), FILES, ids=[name for name, _ in FILES])
def test_a_mistake_in_a_file_is_a_sentence(name: str, kind: type[Any]) -> None:
    """Any value in any place, a line left out or twice, a word for another."""
    lines = written(name).splitlines()
    places = [n for n, line in enumerate(lines) if "=" in line and not line.startswith("#")]

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def read(data: st.DataObject) -> None:
        changed = list(lines)
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.sampled_from(places))
            key = changed[at].partition("=")[0]
            how = data.draw(st.sampled_from(("value", "value", "key", "drop", "twice", "noise")))
            value = data.draw(st.sampled_from(VALUES))
            changed[at] = {
                "value": f"{key}= {value}",
                "key": f"x{changed[at].lstrip()}",
                "drop": "",
                "twice": f"{changed[at]}\n{changed[at]}",
                "noise": changed[at][: data.draw(st.integers(0, 40))],
            }[how]
        with suppress(BadConfig):
            parse("\n".join(changed), kind)

    read()


@pytest.mark.parametrize("kind", [AgentConfig, GatewayConfig, Config, ScenarioFile])
def test_any_text_is_read_or_a_sentence(kind: type[Any]) -> None:
    """Also one that is nested deeper than anybody reads."""

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=60))
    def read(text: str) -> None:
        with pytest.raises(BadConfig):
            parse(f"{text}\nzzz", kind)

    read()
    for deep in ("a = " + "[" * 100_000, "a." * 2_000 + "b = 1", "[" + "a." * 2_000 + "b]"):
        with pytest.raises(BadConfig):
            parse(deep, kind)


def test_the_files_are_good() -> None:
    """So that what is changed in them is what is wrong."""
    for name, kind in FILES:
        parse(written(name), kind)
