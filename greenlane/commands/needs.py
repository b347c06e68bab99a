"""What a command needs beyond the standard library, and what to install where it is missing."""

from typing import Final

from greenlane.exits import Outside


class Needs:
    """Turn a missing library into the sentence that says what to install."""

    def __init__(self, extra: str) -> None:
        self._extra: Final = extra

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise `Outside` for a missing library."""
        if isinstance(error, ModuleNotFoundError):
            what = f'{error.name} is missing: pip install "greenlane[{self._extra}]"'
            raise Outside(what) from error
