"""firmware_configs/raspberry-pi/install: what can be shown without a box (all of it: bench box)."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "firmware_configs/raspberry-pi/install"


def install(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_dry_run_says_every_step_and_changes_nothing() -> None:
    """Program, configuration, unit, clock and log are named; none of them is made."""
    if not Path("/etc/debian_version").exists():
        pytest.skip("this is no Debian")
    if Path("/opt/greenlane/.venv").exists():
        pytest.skip("an agent is installed here")
    done = install("--dry-run")
    assert done.returncode == 0, done.stderr
    for place in ("/opt/greenlane/.venv", "agent.toml", "greenlane-edge.service", "chrony.conf"):
        assert place in done.stdout
    assert "nothing was changed" in done.stdout
    assert not Path("/opt/greenlane").exists()
    assert not Path("/etc/systemd/system/greenlane-edge.service").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--dri-run",), "unknown option --dri-run"),
        (("--lock",), "--lock needs a file"),
        (("--dry-run", "nowhere"), "neither a wheel nor a checkout"),
        (("--dry-run", "nowhere.whl"), "there is no wheel"),
        (("--dry-run", "--lock", "nowhere"), "there is no lock file nowhere"),
        (("a", "b"), "one SOURCE only"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: tuple[str, ...], says: str) -> None:
    """Exit code 2, and what is wrong."""
    done = install(*arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_its_help_is_its_head() -> None:
    """All options and all that it changes are named."""
    said = install("--help").stdout
    for word in ("--dry-run", "--lock", "SOURCE", "/etc/greenlane/agent.toml", "chrony", "swap"):
        assert word in said


def test_every_dependency_of_a_box_is_pinned_with_its_hashes() -> None:
    """Each line of the lock that names a package is followed by a hash; no server is among them."""
    lines = (ROOT / "requirements-edge.lock").read_text().splitlines()
    named = [n for n, line in enumerate(lines) if "==" in line]
    assert named
    assert all("--hash=sha256:" in lines[n + 1] for n in named)
    names = {lines[n].split("==")[0] for n in named}
    assert {"onnxruntime", "pynacl", "pymodbus", "pyserial", "pydicom"} <= names
    assert not {"fastapi", "duckdb", "uvicorn", "torch", "cryptography"} & names
