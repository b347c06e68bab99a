"""The agents and their devices as the gateway knows them: a pure fold, told as `agent.changed`."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import (
    AgentAlive,
    AgentBorn,
    AgentChanged,
    Device,
    DeviceFound,
    DeviceLost,
    DeviceTwin,
    KeyEnrolled,
    KeyRevoked,
    LinkState,
    ModelUsed,
)
from gateway.adapters.heard import ForeignHeard
from gateway.entry import Entry
from gateway.judge.runs import Runs, Verdict, Word

KEYS_MAX: Final = 8
"""Keys of one source that its receipts name, and so many revoked ones."""
DEVICES_MAX: Final = 500
"""Devices of one agent; further ones are not shown."""
RETELL_S: Final = 30
"""While nothing but `heard_at` changes, an agent is told again at most so often."""


class Agent(msgspec.Struct, kw_only=True):
    """One source."""

    source: str
    state: LinkState = "alive"
    keyid: str = ""
    public_key: bytes = b""
    version: str = ""
    keys: tuple[str, ...] = ()
    """The newest of its keys that count, or did until they were replaced."""
    revoked_keys: tuple[str, ...] = ()
    """The newest of its keys that were revoked."""
    runs: Runs = msgspec.field(default_factory=Runs)
    verdict: Verdict = "current"
    """What its last birth or sign of life was, beside those before it."""
    born_at: datetime | None = None
    heard_at: datetime | None = None
    heard_hash: str = ""
    """Of the message heard last."""
    clock_error_ms: int | None = None
    devices: dict[str, DeviceTwin] = {}
    models: tuple[ModelUsed, ...] = ()
    told_at: datetime | None = None
    """When `agent.changed` last said all this."""
    is_foreign: bool = False
    """Devices that are not ours, gathered under one name: nothing of it is signed."""
    is_changed: bool = False
    """Something but `heard_at` differs from what was told."""

    def lane(self, device: str) -> str:
        """The lane that a device stands at; empty if unknown."""
        twin = self.devices.get(device)
        return twin.lane if twin else ""

    def heard(self, entry: Entry) -> None:
        """A verified message of this source arrived."""
        self.heard_at = entry.received_at
        self.heard_hash = entry.hash
        self._become("alive")

    def speaks(self, word: Word, at: datetime) -> bool:
        """A birth or a sign of life came; false if it is older than what is known already."""
        self.verdict = self.runs.hear(word, at)
        if self.verdict in ("newer", "again"):
            self.born_at = at
        return self.verdict in ("newer", "again", "current")

    def born(self, born: AgentBorn) -> None:
        """The agent started, or connected anew; what it no longer names is gone."""
        self.version = born.version
        self.models = born.models
        former, self.devices = self.devices, {}
        for device in born.devices[:DEVICES_MAX]:
            twin = former.get(device.device)
            self._put(device, twin)
        self.is_changed = True

    def alive(self, alive: AgentAlive, clock_error_ms: int | None) -> None:
        """How far each device has said what it saw."""
        self.clock_error_ms = clock_error_ms
        for device in alive.devices:
            twin = self.devices.get(device.device)
            if twin is None:
                continue
            if twin.is_found != device.is_found:
                self.is_changed = True
            self.devices[device.device] = msgspec.structs.replace(
                twin, is_found=device.is_found, said_up_to=device.said_up_to or twin.said_up_to
            )

    def sees(self, said: DeviceFound | DeviceLost, at: datetime) -> None:
        """A device answers, or went."""
        if isinstance(said, DeviceFound):
            name = said.device.device
            is_told = name in self.devices or len(self.devices) < DEVICES_MAX
            if is_told:
                self._put(said.device, None, since=at)
        else:
            twin = self.devices.get(said.device)
            is_told = twin is not None
            if twin is not None:
                self.devices[said.device] = msgspec.structs.replace(
                    twin, is_found=False, reason=said.reason, since=at
                )
        self.is_changed |= is_told

    def strangers(self, heard: ForeignHeard, at: datetime) -> None:
        """Devices that are not ours spoke; the last word on whether one is here counts."""
        self.is_foreign = True
        spoke = {row.device: row.item for row in heard.rows}
        absent: dict[str, bool] = {}
        for presence in heard.presences:
            if spoke.get(presence.device, -1) < presence.item:
                absent[presence.device] = not presence.is_here
        for device in dict.fromkeys((*spoke, *absent)):  # in an order that a replay has, too
            self._stranger(device, heard, at, is_absent=absent.get(device, False))

    def _stranger(self, device: str, heard: ForeignHeard, at: datetime, *, is_absent: bool) -> None:
        twin = self.devices.get(device)
        if twin is None:
            if len(self.devices) >= DEVICES_MAX:
                return
            label = heard.label
            title = f"{label.title}, unsigned"
            found = Device(device=device, family=label.title, title=title, lane=label.lane)
            self._put(found, None, since=at)
            self.is_changed = True
            twin = self.devices[device]
        if twin.is_found is is_absent:
            reason = "it, or the broker for it, says that it is offline" if is_absent else ""
            self.devices[device] = msgspec.structs.replace(
                twin, is_found=not is_absent, reason=reason, since=at
            )
            self.is_changed = True

    def enrolled(self, enrolled: KeyEnrolled) -> None:
        """The key by which its messages are verified."""
        self.keyid, self.public_key = enrolled.keyid, enrolled.public_key
        self.keys = (*(k for k in self.keys if k != enrolled.keyid), enrolled.keyid)[-KEYS_MAX:]
        self.is_changed = True

    def revoked(self, revoked: KeyRevoked) -> None:
        """Nothing that is signed with this key is believed any more."""
        self.revoked_keys = (*self.revoked_keys, revoked.keyid)[-KEYS_MAX:]
        self.keys = tuple(k for k in self.keys if k != revoked.keyid)
        if self.keyid == revoked.keyid:
            self.keyid, self.public_key = "", b""
            self.is_changed = True

    def gone(self, epoch: str) -> None:
        """Its will was heard: a hint, undone by the next word."""
        if not epoch or epoch == self.runs.epoch:
            self._become("gone")

    def silence(self, now: datetime, heard_since: datetime | None, silent_s: float) -> None:
        """Without a word for too long; the time in which the gateway was deaf does not count."""
        if self.is_foreign:
            return  # nobody promised to speak
        if self.quiet_from(heard_since) + timedelta(seconds=silent_s) <= now:
            self._become("silent")

    def quiet_from(self, heard_since: datetime | None) -> datetime:
        """Since when its silence counts."""
        moments = [at for at in (self.heard_at, heard_since) if at is not None]
        return max(moments) if moments else _BEGINNING

    def tell(self, now: datetime) -> AgentChanged | None:
        """What to tell now; none if it would say nothing new."""
        is_stale = self.told_at is None or now - self.told_at >= timedelta(seconds=RETELL_S)
        is_heard = self.heard_at is not None and (
            self.told_at is None or self.heard_at > self.told_at
        )
        if not (self.is_changed or (is_stale and is_heard)):
            return None
        self.told_at, self.is_changed = now, False
        return AgentChanged(
            source=self.source,
            state=self.state,
            keyid=self.keyid,
            public_key=self.public_key,
            version=self.version,
            born_at=self.born_at,
            heard_at=self.heard_at,
            clock_error_ms=self.clock_error_ms,
            is_unsigned=self.is_foreign,
            devices=tuple(self.devices.values()),
            models=self.models,
        )

    def _become(self, state: LinkState) -> None:
        if self.state != state:
            self.state = state
            self.is_changed = True

    def _put(
        self, device: Device, former: DeviceTwin | None, since: datetime | None = None
    ) -> None:
        self.devices[device.device] = DeviceTwin(
            device=device.device,
            family=device.family,
            title=device.title,
            lane=device.lane,
            is_found=former.is_found if former else True,
            reason=former.reason if former else "",
            since=former.since if former else since,
            said_up_to=former.said_up_to if former else None,
        )


_BEGINNING: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
