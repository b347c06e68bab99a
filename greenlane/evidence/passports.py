"""Finds the passports of the models that a case speaks of, by the SHA-256 of their weights.

The one that a scan names is the agent's own, and came as a blob; where none is named, it may be one
that is shipped, or that was given to the command.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contract.config import BadConfig
from greenlane.evidence.gathering import Case

BYTES_MAX: Final = 1024 * 1024


def found(case: Case, given: Iterable[Path], state: Path) -> dict[str, Path]:
    """Passports by the hash of the weights; what is not found is noted as absent.

    Raises `BadConfig` for a given file that is no passport.
    """
    from models.passport import CATALOGUE

    shipped = {_weights_of(path): path for path in (*sorted(CATALOGUE.glob("*.json")), *given)}
    if nothing := shipped.get(""):
        raise BadConfig(f"{nothing} is no passport of a model")
    passports: dict[str, Path] = {}
    for model in case.models:
        if model.passport is None:
            path = shipped.get(model.sha256)
        else:
            path = state / "blobs" / model.passport[:2] / model.passport
        if path is not None and path.exists() and _weights_of(path) == model.sha256:
            passports.setdefault(model.sha256, path)
    for model in case.models:
        if model.sha256 not in passports:
            why = "it has not arrived" if model.passport else "none for these weights is here"
            case.absent[f"passport of {model.name}"] = why
    return passports


def _weights_of(path: Path) -> str:
    try:
        if path.stat().st_size > BYTES_MAX:
            return ""
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    sha256 = values.get("sha256", "") if isinstance(values, dict) else ""
    return sha256 if isinstance(sha256, str) else ""
