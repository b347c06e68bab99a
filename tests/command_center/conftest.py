"""What tests of a whole command center begin with."""

from collections.abc import AsyncIterator

import pytest

from contract.clock import SystemClock
from contract.links.memory import Hub
from contract.messages import AlertChanged
from tests.command_center.scripted import Gateway, alert


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway that knows one alert."""
    one = Gateway(Hub(), SystemClock())
    async with one.running():
        await one.tell(AlertChanged(alert=alert("a1")))
        yield one
