"""The agent's configuration: the example is true and complete, mistakes are named."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from contract.config import BadConfig, load, parse
from edge import config
from edge.config import AgentConfig
from edge.drivers import DRIVERS, driver_of
from tests.support.virtual import VirtualClock

EXAMPLE = Path(config.__file__).with_name("agent.example.toml")
LEAST = 'post = "KEMBA"\nname = "gate-2"\nstate_dir = "/tmp/a"\n'


def test_the_example_can_be_used() -> None:
    """Each of its devices gets its driver."""
    agent = load(EXAMPLE, AgentConfig)
    families = {driver_of(one, VirtualClock()).device.family for one in agent.device}
    assert families == DRIVERS.keys()
    assert agent.source == "/KEMBA/gate-2"


def test_the_example_names_every_key() -> None:
    """A setting that is not documented is a setting that nobody finds."""
    text = EXAMPLE.read_text()
    told = tomllib.loads(text)
    assert told.keys() == {field.name for field in msgspec.structs.fields(AgentConfig)}
    for section in ("broker", "outbox", "detector"):
        kind = type(getattr(load(EXAMPLE, AgentConfig), section))
        assert told[section].keys() == {field.name for field in msgspec.structs.fields(kind)}
    for family, driver in DRIVERS.items():
        keys = {key for one in told["device"] if one["family"] == family for key in one}
        wanted = {field.name for field in msgspec.structs.fields(driver.settings)} | {"family"}
        assert wanted <= keys


def test_the_example_s_optional_values_are_the_defaults() -> None:
    """What it shows is what happens without it."""
    agent = load(EXAMPLE, AgentConfig)
    plain = parse(LEAST, AgentConfig)
    assert (agent.broker, agent.outbox, agent.detector) == (
        plain.broker,
        plain.outbox,
        plain.detector,
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('[[device]]\nfamily = "modbuss"\n', "modbuss"),
        ('[[device]]\nfamily = "seal_reader"\ndevice = "a"\nhos = "h"\n', "did you mean 'host'"),
        ('[detektor]\nmodel = ""\n', "did you mean 'detector'"),
        (
            '[[device]]\nfamily = "seal_reader"\ndevice = "a"\nhost = "h"\n' * 2,
            "two devices are called a",
        ),
        (
            (
                '[[device]]\nfamily = "scan_folder"\ndevice = "a"\nfolder = "f"\n'
                'subject_in_name = "("\n'
            ),
            "subject_in_name",
        ),
        ('[[device]]\nfamily = "seal_reader"\ndevice = "Gate 2"\nhost = "h"\n', "device"),
    ],
)
def test_a_mistake_is_named(more: str, why: str) -> None:
    """In a sentence, with the nearest right key."""
    with pytest.raises(BadConfig, match=why):
        parse(LEAST + more, AgentConfig)


def test_a_name_that_cannot_be_signed_with_is_refused() -> None:
    """The source is `/POST/name`, everywhere and for ever."""
    with pytest.raises(BadConfig, match="is not a source"):
        parse(LEAST.replace("gate-2", "Gate 2"), AgentConfig)
