"""How the log looks: one line per state change on stderr, facts as ``key=value`` or as JSON."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

import msgspec

FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")

_QUIET: Final = {
    "httpx": logging.WARNING,
    "uvicorn": logging.WARNING,
    "pymodbus": logging.ERROR,  # a device that is away is said once, by the agent
}
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(*, level: str = "info", form: str = "text") -> None:
    """Send the log of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    # Not by the loggers' levels: a library may set its own when it is imported.
    handler.addFilter(_is_wanted)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _is_wanted(record: logging.LogRecord) -> bool:
    return record.levelno >= _QUIET.get(record.name.partition(".")[0], logging.NOTSET)


class _Text(logging.Formatter):
    """``2026-11-22T21:20:00.123Z INFO gateway.intake.intake born source=/SKCKV/desk``."""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {key}={_shown(value)}" for key, value in _facts(record).items())
        line = f"{_at(record)} {record.levelname} {record.name} {record.getMessage()}{facts}"
        return line + _trace(self, record, "\n")


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        line |= {"says": record.getMessage()} | _facts(record)
        if trace := _trace(self, record, ""):
            line["trace"] = trace
        return msgspec.json.encode(line, enc_hook=str).decode()


def _at(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _shown(value: object) -> str:
    """A value on one line: what comes from devices may hold anything."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)


def _trace(formatter: logging.Formatter, record: logging.LogRecord, start: str) -> str:
    return start + formatter.formatException(record.exc_info) if record.exc_info else ""
