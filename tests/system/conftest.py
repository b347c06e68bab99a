"""One broker of the delivered configuration for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.system.secured import Secured, secured_post


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Its certificates and access lists, with the paths of this test."""
    with secured_post(tmp_path_factory.mktemp("secured")) as post:
        yield post
