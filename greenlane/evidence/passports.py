"""Finds the passports of the models that a case speaks of, by the SHA-256 of their weights."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contract.messages import ScanCompleted
from greenlane.evidence.gathering import Case

BYTES_MAX: Final = 1024 * 1024


def found(case: Case, given: Iterable[Path]) -> dict[str, Path]:
    """Passports by the hash of the weights; what is not found is noted as absent."""
    from models.passport import CATALOGUE

    paths = {_weights_of(path): path for path in (*sorted(CATALOGUE.glob("*.json")), *given)}
    used = {
        scan.model.sha256: scan.model.name
        for scan in (entry.message for entry in case.in_order)
        if isinstance(scan, ScanCompleted)
    }
    for sha256, name in used.items():
        if sha256 not in paths:
            case.absent[f"passport of {name}"] = "no passport for these weights is here"
    return {sha256: paths[sha256] for sha256 in sorted(used) if sha256 in paths}


def _weights_of(path: Path) -> str:
    try:
        if path.stat().st_size > BYTES_MAX:
            return ""
        values = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return ""
    sha256 = values.get("sha256", "") if isinstance(values, dict) else ""
    return sha256 if isinstance(sha256, str) else ""
