"""A gateway, and a box whose keys change."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from contract.clock import stamp
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Packet
from contract.messages import (
    Alert,
    AlertChanged,
    CompletenessChanged,
    Device,
    DeviceFound,
    Identity,
    compose,
)
from contract.signing import Key
from contract.topics import topic
from edge.identity import StateDir
from edge.identity import enrol as enrol_box
from gateway.journal.journal import entries
from gateway.trust.codes import make_code
from gateway.trust.revoking import Wish, wish
from tests.gateway.gateways import World

BOX = Source("/KEMBA/lane-1")


def found(name: str) -> Said:
    return Said(DeviceFound(device=Device(device=name, family="f")))


class Post(World):
    """A gateway, one box that may be switched off and on, and what its journal holds."""

    @property
    def state(self) -> StateDir:
        """Of the box."""
        return StateDir(self.folder / "lane-1")

    @property
    def journal(self) -> Path:
        """Of the gateway."""
        return self.folder / "gateway" / "journal.sqlite"

    def revoke(self, reason: str = "the box was stolen") -> Path:
        """As `greenlane gateway revoke` does."""
        wanted = Wish(source=BOX, reason=reason, by="admin at the gateway")
        return wish(self.folder / "gateway", wanted)

    async def code(self) -> str:
        """For the box."""
        return make_code(self.folder / "gateway", BOX, self.clock)

    async def enrol_anew(self) -> None:
        """As `greenlane edge enroll --new-key` does."""
        code = await self.code()
        await enrol_box(
            *(BOX, self.state, self.hub.dial), code=code, clock=self.clock, is_new_key=True
        )

    def devices(self) -> Counter[str]:
        """How often each device was found, as the journal has it."""
        messages = [one.message for one in entries(self.journal) if one.kind == "kept"]
        return Counter(m.device.device for m in messages if isinstance(m, DeviceFound))

    def quarantined(self) -> list[str]:
        """Why anything was held."""
        with closing(sqlite3.connect(self.journal)) as at:
            return [row[0] for row in at.execute("SELECT reason FROM quarantine")]

    async def alerts(self, rule: str) -> list[Alert]:
        """Those of one rule."""
        told = [c.alert for c in await self.changes() if isinstance(c, AlertChanged)]
        return [alert for alert in told if alert.rule == rule]

    async def status(self) -> str:
        """How whole what the box said is."""
        told = [c for c in await self.changes() if isinstance(c, CompletenessChanged)]
        return next(c.status for c in told if c.source == BOX)

    async def steal(self, key: Key, name: str) -> None:
        """Somebody says something with a copy of the key."""
        identity = Identity(BOX, "events", "f" * 16, 1)
        body = compose(
            *(found(name).message,),
            source=BOX,
            stamp=stamp(self.clock),
            identity=identity,
            previous="0" * 64,
        )
        async with self.hub.dial("thief") as link:
            await link.publish(
                [Packet(topic=topic(BOX, "events"), body=body, keyid=key.keyid, sig=key.sign(body))]
            )
        await asyncio.sleep(2)
