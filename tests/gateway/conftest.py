"""A journal with everything in it takes seconds to make: it is made once, and copied."""

import shutil
from pathlib import Path

import pytest

from tests.gateway.whole_journal import write_whole


@pytest.fixture(scope="session")
def whole_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be written to."""
    path = tmp_path_factory.mktemp("whole") / "journal.sqlite"
    write_whole(path, 7)
    return path


@pytest.fixture
def whole(whole_once: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    path = tmp_path / "state" / "journal.sqlite"
    path.parent.mkdir()
    shutil.copy(whole_once, path)
    return path
