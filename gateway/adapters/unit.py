"""The units that may stand in a reading: SenML's registry (RFC 8428, RFC 8798). Pure."""

import difflib
from typing import Final

_PRIMARY: Final = """
m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2
m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats
S/m B VA VAs var vars J/m kg/m3 deg
"""
_SECONDARY: Final = """
ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3
mm/h m/h ppm /100 /1000 hPa mm cm km km/h
"""
UNITS: Final = frozenset((*_PRIMARY.split(), *_SECONDARY.split()))
ALIASES: Final = {
    "°C": "Cel", "C°": "Cel", "degC": "Cel", "celsius": "Cel", "%rh": "%RH", "rh": "%RH",
    "mbar": "hPa", "ohm": "Ohm", "lux": "lx", "kwh": "kWh", "degree": "deg",
}  # fmt: skip
"""What people write instead."""


def nearest_unit(unit: str) -> str | None:
    """None for a unit of the registry or no unit; else the nearest one, or an empty text."""
    if not unit or unit in UNITS:
        return None
    alias = ALIASES.get(unit) or ALIASES.get(unit.lower())
    near = difflib.get_close_matches(unit, UNITS, n=1, cutoff=0.5)
    return alias or (near[0] if near else "")
