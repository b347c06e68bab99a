"""Configuration: every mistake is one sentence with the nearest right key."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from contract.config import BadConfig, load, parse
from contract.identifiers import Post
from contract.links.mqtt import BrokerConfig
from contract.pattern import whole


class Config(msgspec.Struct, forbid_unknown_fields=True):
    """A small configuration."""

    state_dir: str
    broker: BrokerConfig = BrokerConfig()
    stands_at: Annotated[str, msgspec.Meta(pattern=whole(Post.form.pattern))] = "KEMBA"
    level: Literal["high", "low"] = "low"


def test_a_file_is_read(tmp_path: Path) -> None:
    """What it says counts; the rest is as it is without it."""
    file = tmp_path / "agent.toml"
    file.write_text('state_dir = "/x"\n[broker]\nport = 1884\n')
    assert load(file, Config).broker.port == 1884


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('state_dir = "/x"\nstate = 1', r"unknown key 'state'; did you mean 'state_dir'\?"),
        ('state_dir = "/x"\n[broker]\nprot = 1', r"unknown key 'prot' in \[broker\]; did .*'port'"),
        ('state_dir = "/x"\nzzz = 1', "unknown key 'zzz'; known are: "),
        ('state_dir = "/x"\nport = 1', "unknown key 'port'; it belongs into another section"),
        ('[broker]\nport = "x"', "state_dir|port"),
        ("state_dir = ", "not TOML"),
        ('state_dir = "/x"\nstands_at = "Mombasa"', r"stands_at is not a post \(UN/LOCODE"),
        ('state_dir = "/x"\nlevel = "loud"', "level cannot be 'loud'; it is one of high, low"),
    ],
)
def test_a_mistake_is_named(text: str, says: str) -> None:
    """The key, and what may stand there."""
    with pytest.raises(BadConfig, match=says):
        parse(text, Config)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """By its path, and with what the system says."""
    with pytest.raises(BadConfig, match=r"agent\.toml: No such file"):
        load(tmp_path / "agent.toml", Config)
