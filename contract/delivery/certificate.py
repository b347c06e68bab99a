"""The certificate by which a broker knows a source: its files, and how it is renewed.

    enrolment ─▶ own.pem (key and certificate), ca.crt, renew_at, keyid
                    ▲            later than renew_at: a new key for TLS, a question signed with the
    keep_renewed ───┴──────────▶ enrolled key, over the link that counts, or through the broker's
                                 door for who has none, as after months in a store room

The key for TLS is another than the one that signs: it is new with every certificate, and nothing
of what was said hangs from it.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from contract.clock import Clock
from contract.delivery.enrolment import accepted, answering, exchange
from contract.identifiers import Source
from contract.link import Dial, Rejected, Unavailable
from contract.messages import CertificateAsked, EnrolAnswered
from contract.signing import Key
from contract.whole_file import write_whole

LOOK_EVERY_S: Final = 3_600.0
"""So often a source looks whether its certificate should be renewed."""
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Papers:
    """The files of a source's certificate; only the source may read them."""

    folder: Path

    @property
    def own(self) -> Path:
        """Private key and certificate in one file, so that they never part."""
        return self.folder / "own.pem"

    @property
    def authority(self) -> Path:
        """Who signed it, and the broker's."""
        return self.folder / "ca.crt"

    @property
    def renew_at(self) -> datetime | None:
        """From when on the next one should be asked for; none if nobody knows."""
        try:
            at = datetime.fromisoformat((self.folder / "renew_at").read_text().strip())
        except (OSError, ValueError):
            return None
        return at if at.tzinfo else None

    @property
    def keyid(self) -> str:
        """The enrolled key by which it was asked for; empty if nobody knows."""
        try:
            return (self.folder / "keyid").read_text().strip()
        except (OSError, ValueError):
            return ""

    def keep(self, tls: Key, answer: EnrolAnswered, *, keyid: str = "") -> None:
        """Write what the gateway answered, durably; a link that is dialled from now on uses it.

        Raises `Rejected`, and keeps what is there, if no link could be dialled with it.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = tls.pem() + answer.certificate
        self._try_out(own, answer.authority)
        write_whole(self.authority, answer.authority)
        write_whole(self.own, own)
        write_whole(
            self.folder / "renew_at", answer.renew_at.isoformat() if answer.renew_at else ""
        )
        write_whole(self.folder / "keyid", keyid)

    def _try_out(self, own: str, authority: str) -> None:
        draft = self.folder / "own.try"
        write_whole(draft, own)
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=authority)
            context.load_cert_chain(draft, password="")
        except (ssl.SSLError, ValueError, TypeError) as error:
            raise Rejected(
                f"the certificate that the gateway answers with is of no use: {error}; look at its "
                "authority with `greenlane doctor`, then enrol anew"
            ) from error
        finally:
            draft.unlink(missing_ok=True)


async def renew(
    dial: Dial, papers: Papers, *, source: Source, key: Key, gateway_key: bytes, clock: Clock
) -> None:
    """Ask for the next certificate and keep it; raises `Rejected` or `Unavailable`."""
    tls = Key.make()
    asked = CertificateAsked(tls_key=tls.public, tls_sig=tls.sign(key.public))
    async with answering(dial, source) as link:
        message, packet = await exchange(link, source, asked, clock, key)
    answer = accepted(message, packet, gateway_key)
    if not answer.certificate:
        raise Rejected("the gateway issues no certificates any more")
    await asyncio.to_thread(partial(papers.keep, tls, answer, keyid=key.keyid))
    _log.info("%s has a new certificate, to be renewed after %s", source, answer.renew_at)


async def keep_renewed(
    dials: tuple[Dial, ...],
    papers: Papers,
    *,
    source: Source,
    key: Key,
    gateway_key: bytes,
    clock: Clock,
) -> None:
    """Renew in time, until cancelled; ``dials``: the ways to ask, the best first.

    Also when another key signs now: a certificate ends with the key by which it was asked for.
    """
    while True:
        if await asyncio.to_thread(_is_due, papers, key, clock.utc_now()):
            for dial in dials:
                try:
                    await renew(
                        *(dial, papers),
                        source=source,
                        key=key,
                        gateway_key=gateway_key,
                        clock=clock,
                    )
                except (Rejected, Unavailable) as error:
                    _log.warning("%s keeps its old certificate: %s", source, error)
                else:
                    break
        await clock.sleep(LOOK_EVERY_S)


def _is_due(papers: Papers, key: Key, now: datetime) -> bool:
    due = papers.renew_at
    return due is None or due <= now or papers.keyid != key.keyid
