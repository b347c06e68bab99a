"""A folder that trains anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

from models.package import PackageError, package


def test_folder_stands_on_its_own(tmp_path: Path) -> None:
    """It imports nothing of Greenlane but what is in it, and is small enough to carry."""
    folder = tmp_path / "elsewhere"
    assert package(folder, "smoke") < 5_000_000
    program = (
        "import sys, models.train, models.recipe as r; "
        "print(models.train.__file__); r.read(r.RECIPES / 'wildlife_full.toml'); "
        "own = {'greenlane', 'edge', 'gateway', 'command_center', 'contract', 'simulators'}; "
        "sys.exit(str(own & set(sys.modules)) if own & set(sys.modules) else 0)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(folder)


def test_folder_that_exists_is_refused(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    with pytest.raises(PackageError, match="exists"):
        package(tmp_path, "smoke")


def test_requirements_are_pinned_and_name_no_place(tmp_path: Path) -> None:
    """Names and versions only: where they come from is the machine's business."""
    package(tmp_path / "new", "smoke")
    lines = (tmp_path / "new" / "requirements.txt").read_text().splitlines()
    assert all(line.count("==") == 1 and "/" not in line for line in lines)
    assert any(line.startswith("torch==") for line in lines)


def test_folder_says_what_to_train_first(tmp_path: Path) -> None:
    """A recipe that begins with another's weights needs a command for each before it."""
    package(tmp_path / "new", "wildlife")
    text = (tmp_path / "new" / "README.md").read_text()
    names = ("wildlife_256", "wildlife_416", "wildlife")
    assert " && ".join(f"python -m models.train {name}" for name in names) + "\n" in text
