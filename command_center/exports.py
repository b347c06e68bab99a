"""Archives of evidence that officers asked for: made by the gateway, fetched here, handed out.

    POST ─▶ record begun ─▶ ask ⇒ gateway makes it ⇒ pieces ─▶ hash right? ─▶ record done ─▶ GET

The page follows it meanwhile. What was fetched is deleted soon: the gateway can make it again.
"""

import asyncio
import hashlib
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from command_center.audit import Audit
from command_center.officers import Officer
from command_center.pictures import Ask
from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.messages import Alert, EvidenceAsked, EvidenceTold

ARCHIVE_BYTES_MAX: Final = 512 * 1024 * 1024
"""As the gateway has it; an answer that claims more is none."""
EXPORTS_MAX: Final = 8
"""On their way, or on this disk: then the oldest gives way."""
EACH_MAX: Final = 2
"""Of one officer, of those that are on their way."""
KEPT_S: Final = 600.0
"""So long an archive can be downloaded."""
PART_BYTES: Final = 256 * 1024
"""Of an archive in memory while it is handed out."""
POLL_S: Final = 1.0
AWAY_S_MAX: Final = 120.0
"""A gateway that says nothing for so long is not waited for any more."""
_log: Final = logging.getLogger(__name__)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """How far an archive is, for the page."""

    export: str
    alert: str
    state: Literal["making", "fetching", "ready", "failed"] = "making"
    size_bytes: int = 0
    """Of the whole, once that is known."""
    here_bytes: int = 0
    sha256: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""


@dataclass(slots=True)
class _Held:
    """One, and whose it is."""

    officer: Officer
    alert: Alert
    told: Export
    turned_s: float
    """When it last went on."""
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def is_over(self) -> bool:
        """Whether nothing is done about it any more."""
        return self.told.state in ("ready", "failed")


class Exports:
    """Those of the last minutes."""

    def __init__(self, folder: Path, *, ask: Ask, audit: Audit, clock: Clock) -> None:
        self._folder: Final = folder
        self._ask: Final = ask
        self._audit: Final = audit
        self._clock: Final = clock
        self._held: Final[dict[str, _Held]] = {}
        self._begun: Final[asyncio.Queue[str]] = asyncio.Queue()
        # What a former life left: nobody knows its ids.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, officer: Officer, alert: Alert) -> Export:
        """Have it made; raises `Rejected` if too many are on their way."""
        under_way = [one for one in self._held.values() if not one.is_over]
        if sum(one.officer.name == officer.name for one in under_way) >= EACH_MAX:
            raise Rejected(f"{EACH_MAX} archives are made for you already; wait for them.")
        if len(under_way) >= EXPORTS_MAX:
            raise Rejected(f"{EXPORTS_MAX} archives are made already; try again later.")
        self._forget()
        id_ = secrets.token_hex(16)
        told = Export(export=id_, alert=alert.id)
        self._held[id_] = _Held(officer, alert, told, self._now)
        self._begun.put_nowait(id_)
        return told

    def of(self, officer: Officer, id_: str) -> Export | None:
        """How far it is; none if there is none any more, or it is another officer's."""
        held = self._held.get(id_)
        return held.told if held is not None and held.officer.name == officer.name else None

    def path(self, export: Export) -> Path:
        """The archive, once it is ready."""
        return self._folder / f"{export.export}.zip"

    def open(self, export: Export) -> AsyncIterator[bytes]:
        """The archive in parts; it comes whole even if it is forgotten meanwhile."""
        return _parts(self.path(export).open("rb"))

    async def run(self) -> None:
        """Fetch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tidy(), name="exports: tidy")
            while True:
                id_ = await self._begun.get()
                tasks.create_task(self._serve(self._held[id_]), name=f"export {id_}")

    async def _tidy(self) -> None:
        while True:
            await self._clock.sleep(KEPT_S / 10)
            self._forget()

    async def _serve(self, held: _Held) -> None:
        """Written down before it is begun, and what came of it after."""
        alert = held.alert
        recording = self._audit.act(
            held.officer,
            "export evidence",
            about=alert.id,
            posts=(alert.post,),
            detail=f"{alert.title}; {alert.subject}",
        )
        try:
            async with recording as pen:
                await self._fetch(held)
                pen.detail(f"sha256 {held.told.sha256}; {alert.title}; {alert.subject}")
        except (Rejected, Unavailable) as error:
            sentence = str(error)
            _log.warning("no archive of alert %s: %s", alert.id, sentence)
            self.path(held.told).unlink(missing_ok=True)
            self._turn(held, state="failed", error=sentence[:1].upper() + sentence[1:])

    async def _fetch(self, held: _Held) -> None:
        with _file(self.path(held.told)) as file:
            while held.told.state != "fetching" or held.told.here_bytes < held.told.size_bytes:
                piece = await self._asked(held)
                if piece is None or not piece.sha256:
                    await self._clock.sleep(POLL_S)
                    continue
                await self._take(held, piece, file)
        if held.digest.hexdigest() != held.told.sha256:
            raise Rejected("What came is not the archive that the gateway made; export it again.")
        self._turn(held, state="ready")

    async def _asked(self, held: _Held) -> EvidenceTold | None:
        """What the gateway says; none while it cannot be reached, for some time."""
        now = held.told
        question = EvidenceAsked(export=now.export, alert=now.alert, offset_bytes=now.here_bytes)
        try:
            answer = await self._ask(question)
        except Unavailable:
            if self._now - held.turned_s > AWAY_S_MAX:
                raise
            return None
        if not isinstance(answer, EvidenceTold):
            raise Rejected("The gateway answers another question.")
        held.turned_s = self._now
        return answer

    async def _take(self, held: _Held, piece: EvidenceTold, file: IO[bytes]) -> None:
        told = held.told
        is_same = told.sha256 in ("", piece.sha256)
        here = told.here_bytes + len(piece.piece)
        if not is_same or not piece.piece or here > piece.size_bytes:
            raise Rejected("The gateway's answers are not of one archive; export it again.")
        if piece.size_bytes > ARCHIVE_BYTES_MAX:
            raise Rejected(f"The archive has more than {ARCHIVE_BYTES_MAX} bytes.")
        await asyncio.to_thread(_append, file, held.digest, piece.piece)
        self._turn(
            held,
            state="fetching",
            here_bytes=here,
            size_bytes=piece.size_bytes,
            sha256=piece.sha256,
            notes=piece.notes,
        )

    def _turn(self, held: _Held, **changed: object) -> None:
        held.told = msgspec.structs.replace(held.told, **changed)
        held.turned_s = self._now

    def _forget(self) -> None:
        """What is over goes after a while, and the oldest of it when room is wanted."""
        over = [id_ for id_, one in self._held.items() if one.is_over]
        too_many = len(self._held) - EXPORTS_MAX + 1
        for place, id_ in enumerate(over):
            held = self._held[id_]
            if place < too_many or self._now - held.turned_s > KEPT_S:
                del self._held[id_]
                self.path(held.told).unlink(missing_ok=True)

    @property
    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        raise Unavailable(f"the archive cannot be kept on this disk: {error.strerror}") from error


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := await asyncio.to_thread(file.read, PART_BYTES):
            yield part


def _append(file: IO[bytes], digest: "hashlib._Hash", piece: bytes) -> None:
    digest.update(piece)
    file.write(piece)
