"""One post for all tests of a session: its state is made once and never changed."""

from pathlib import Path

import pytest

from tests.evidence.cases import Post, made


@pytest.fixture(scope="session")
def post(tmp_path_factory: pytest.TempPathFactory) -> Post:
    """A gateway's state that has ended."""
    return made(tmp_path_factory.mktemp("post"))


@pytest.fixture(scope="session")
def archive(post: Post) -> Path:
    """The evidence about its alert."""
    return post.archive()
