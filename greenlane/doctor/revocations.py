"""Whether the broker can keep revoked boxes out, and throw them out: its list, and its plugin."""

import asyncio
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contract.link import Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.topics import BROKER_TOLD
from greenlane.doctor.finding import Finding, advice, well

SOON: Final = timedelta(days=60)
ANSWER_S_MAX: Final = 5.0


def listed(folder: Path, now: datetime) -> list[Finding]:
    """The list of revoked certificates; nothing without an authority of ours."""
    from cryptography import x509

    about, path = "revoked certificates", folder / "ca.crl"
    if not (folder / "ca.key").exists():
        return []
    try:
        found = x509.load_pem_x509_crl(path.read_bytes())
    except (OSError, ValueError) as error:
        return [advice(about, f"{path} cannot be read: {error}; the gateway writes it at a start")]
    ends = found.next_update_utc or now
    if ends - now < SOON:
        return [
            advice(
                about,
                f"{path} ends on {ends:%F}, and a broker with an old list lets nobody in: start "
                "the gateway, which writes it anew, then reload the broker",
            )
        ]
    return [well(about, f"{len(list(found))} in {path}, which counts until {ends:%F}")]


async def dismissal(config: BrokerConfig, folder: Path, *, name: str) -> list[Finding]:
    """Whether the broker ends links when the gateway asks; nothing without an authority of ours.

    ``name`` begins the client id. It is asked to end nobody's.
    """
    from gateway.trust.dismissing import request

    about = "revoked boxes"
    if not (folder / "ca.key").exists():
        return []
    try:
        async with (
            asyncio.timeout(ANSWER_S_MAX),
            dialler(config)(f"{name}-doctor-{secrets.token_hex(4)}") as link,
        ):
            await link.subscribe(BROKER_TOLD)
            await link.publish([request(())])
            async for _ in link.receive():
                return [well(about, "the broker ends their links when the gateway asks")]
    except (Rejected, Unavailable):
        return []  # said already, of the broker
    except TimeoutError:
        pass
    return [
        advice(
            about,
            "the broker does not end their links when the gateway asks: hand it greenlane.conf, "
            "greenlane.acl and dynamic-security.json of this version, and restart it",
        )
    ]
