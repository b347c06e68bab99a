"""What every test may use."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # how long an example takes on a machine that others use is no fact


@pytest.fixture
def anyio_backend() -> str:
    """Our services are asyncio services."""
    return "asyncio"
