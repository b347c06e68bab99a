"""What every test may use."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Our services are asyncio services."""
    return "asyncio"
