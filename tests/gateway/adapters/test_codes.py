"""Nobody enrols under the name of strangers."""

from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.identifiers import Source
from contract.link import Rejected
from gateway.trust.codes import make_code


def test_no_code_is_made_for_the_name_of_strangers(tmp_path: Path) -> None:
    """A key for ``foreign-…`` would make signed and unsigned words one source."""
    with pytest.raises(Rejected, match="not ours"):
        make_code(tmp_path, Source("/KEMBA/foreign-yard"), SystemClock())
