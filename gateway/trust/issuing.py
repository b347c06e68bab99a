"""The authority of the post, where there is one; its library (12 MiB) is loaded only then."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from contract.clock import Clock

if TYPE_CHECKING:
    from gateway.trust.authority import Authority

LOOK_EVERY_S: Final = 3_600.0
"""An authority may be made while the gateway runs."""


def authority_in(folder: Path) -> "Authority | None":
    """The authority whose files are here; none if there is none. Raises `Rejected`."""
    if not _is_in(folder):
        return None
    from gateway.trust.authority import Authority  # noqa: PLC0415 - for who has one

    return Authority.load(folder)


async def keep_own(folder: Path, clock: Clock) -> None:
    """Renew the gateway's own certificate in time, until cancelled; see `authority`."""
    while not _is_in(folder):
        await clock.sleep(LOOK_EVERY_S)
    from gateway.trust.authority import keep_own as keep  # noqa: PLC0415 - for who has one

    await keep(folder, clock)


def _is_in(folder: Path) -> bool:
    return (folder / "ca.key").exists()
