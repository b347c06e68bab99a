"""A broker of our own for each test, and a gateway that is told of strangers."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.adapters.foreign import Post
from tests.system.servers import Server, mosquitto

STRANGERS = Path(__file__).parents[3] / "firmware_configs" / "foreign" / "foreign.conf"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """A mosquitto with the limits that we deliver, and what strangers need besides."""
    server = mosquitto(tmp_path / "broker")
    config = tmp_path / "broker" / "mosquitto.conf"
    wishes = [line for line in STRANGERS.read_text().splitlines() if line.startswith("retain")]
    assert wishes
    config.write_text("\n".join([config.read_text(), *wishes]) + "\n")
    with server:
        yield server


@pytest.fixture
def post(tmp_path: Path, broker: Server, caplog: pytest.LogCaptureFixture) -> Callable[[str], Post]:
    """Makes a gateway from what its file says about strangers."""
    caplog.set_level(logging.INFO)
    return lambda toml: Post(tmp_path, broker, caplog, toml)
