r"""What a whole text may look like: for msgspec, which searches, and for documents. Pure.

Python's `$` lets a newline at the end through, so a number could be written in two ways, and what
was compared with a text of ours would differ from what was let in. `\Z` does not, but is unknown to
ECMA 262, by which JSON Schema, OpenAPI and AsyncAPI are read; there `$` is the very end.
"""

from typing import Any, Final

_BEGIN: Final = r"\A(?:"
_END: Final = r")\Z"


def whole(form: str) -> str:
    """The pattern of the texts that have this form from their first to their last character."""
    return f"{_BEGIN}{form}{_END}"


def for_documents(schema: Any) -> Any:
    """A JSON Schema whose patterns are written as its readers know them."""
    if isinstance(schema, dict):
        return {
            name: _ecma(value)
            if name == "pattern" and isinstance(value, str)
            else for_documents(value)
            for name, value in schema.items()
        }
    return [for_documents(one) for one in schema] if isinstance(schema, list) else schema


def _ecma(pattern: str) -> str:
    if not (pattern.startswith(_BEGIN) and pattern.endswith(_END)):
        return pattern
    return f"^(?:{pattern.removeprefix(_BEGIN).removesuffix(_END)})$"
