"""The authority of a post: loaded where there is one, and nothing of it where there is none."""

import subprocess
import sys
from pathlib import Path

from gateway.trust.issuing import authority_in


def test_a_post_without_an_authority_has_none(tmp_path: Path) -> None:
    """It is no error: sources then come without certificates."""
    assert authority_in(tmp_path) is None


def test_a_gateway_loads_no_library_that_it_may_not_need() -> None:
    """Certificates, witnesses and databases are 30 MiB of code; a small box has none of them."""
    program = """
import sys
from gateway import service
print(sorted({"cryptography", "httpx", "httpcore", "duckdb", "influxdb_client"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
