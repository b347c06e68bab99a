"""Everything that travels: one class per CloudEvents type, all of them in this file.

A message is a CloudEvents 1.0 document in structured JSON mode. It is read in two steps, and the
two ways in which reading fails are two different promises: an envelope that cannot be read raises
`Unreadable` (nobody can say whose number it was: quarantine it), data that cannot be read raises
`Refused` (the number is known: keep the message as refused and receipt it).

Strict when we write (`compose` reads back what it wrote), tolerant when we read (unknown fields are
ignored, so that a new edge can talk to an old gateway).

Units are in the names; a `Reading` names its unit by the SenML registry (RFC 8428, section 12.1).
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from contract.identifiers import Identifier, Source
from contract.pattern import whole

READINGS_MAX: Final = 1_000
"""Readings in one batch."""
MESSAGE_BYTES_MAX: Final = 256 * 1024
"""Bytes of one message, the raw bytes of a `BlobPart` included."""
PART_BYTES_MAX: Final = 128 * 1024
"""Raw bytes behind one `BlobPart`."""
TEXT_MAX: Final = 2_000
"""Characters of a free text."""
RANGES_MAX: Final = 64
"""Missing ranges that one receipt may name."""
KEY_STREAMS_MAX: Final = 600
"""Streams that one change of keys names: three of each epoch that is still held."""
CHANGES_PAGE_MAX: Final = 1_000
"""Changes on one page of the catch-up."""

DRIFT_METRIC: Final = "picture_drift"
"""Reading of a scanner: how far its last pictures are from those its model was made for.

The population stability index of the feature that moved most: up to 0.1 nothing has happened,
from 0.25 on the model's figures do not hold. Each feature has a reading of its own, with `_` and
its name behind; how many pictures it was, the one below.
"""
DRIFT_PICTURES_METRIC: Final = "picture_drift_pictures"

type_prefix: Final = "io.greenlane."
GENESIS: Final = "0" * 64
"""What the first message of an epoch names as the hash before it."""

Stream = Literal["events", "readings", "bulk"]
STREAMS: Final[tuple[Stream, ...]] = ("events", "readings", "bulk")
"""In this order of urgency; shed in the opposite one."""

Hash = Annotated[str, Meta(pattern=whole("[0-9a-f]{64}"))]
Epoch = Annotated[str, Meta(pattern=whole("[0-9a-f]{16}"))]
ExportId = Annotated[str, Meta(pattern=whole("[0-9a-f]{32}"))]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Text = Annotated[str, Meta(max_length=TEXT_MAX)]
Pem = Annotated[str, Meta(max_length=8_000)]
TlsKey = Annotated[bytes, Meta(max_length=32)]
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1, le=9_999_999_999)]
SourceText = Annotated[str, Meta(pattern=whole(Source.form.pattern))]
Instant = Annotated[datetime, Meta(tz=True)]
Severity = Literal["critical", "high", "medium", "low"]
AlertState = Literal["open", "acknowledged", "in progress", "resolved", "closed"]
Verb = Literal["acknowledge", "start", "assign", "comment", "resolve", "close", "reopen"]
Role = Literal["viewer", "officer", "supervisor", "admin"]
LinkState = Literal["alive", "silent", "gone"]
Completeness = Literal["complete", "late", "missing", "declared lost", "cannot tell"]
RetentionClass = Literal["telemetry", "events", "evidence"]
"""How long a body is kept is said by class: what an alert rests on is evidence."""


class Unreadable(ValueError):
    """The envelope cannot be read: nobody can say whose number this was."""


class Refused(ValueError):
    """The envelope is good, its data is not: the message is kept as refused, under its number."""


class Identity(NamedTuple):
    """Who said it, and which number it has: what the whole delivery hangs from."""

    source: str
    stream: Stream
    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.source}#{self.epoch}:{self.stream}:{self.sequence}"


# --- the parts that messages are made of -------------------------------------------------------


# Frozen, and made of what is frozen: no cycle can be of these, so the collector need not look.


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that stands inside a message."""


class Reading(Part, frozen=True, kw_only=True):
    """One measured value of one metric of one device."""

    device: Name
    metric: Name
    value: float
    unit: Annotated[str, Meta(max_length=16)]
    observed_at: Instant


class Likelihood(Part, frozen=True, kw_only=True):
    """How many times as often a picture with such a thing in it gets such a score as one without.

    No probability: how rare such things are is not in it. `low` to `high` is the interval of 95 %.
    """

    ratio: Annotated[float, Meta(ge=0)]
    low: Annotated[float, Meta(ge=0)]
    high: Annotated[float, Meta(ge=0)] | None
    """None where the data end: no picture without such a thing ever got such a score."""
    measured_on: Annotated[str, Meta(max_length=80)] = ""
    """Which pictures, in a few words."""


class Detection(Part, frozen=True, kw_only=True):
    """What a model saw: box is (x1, y1, x2, y2) in pixels of the picture as the machine made it."""

    label: Name
    score: Annotated[float, Meta(ge=0, le=1)]
    box: tuple[float, float, float, float]
    likelihood: Likelihood | None = None
    """What the model's passport makes of the score; with the surest box of a class alone."""


class Picture(Part, frozen=True, kw_only=True):
    """A picture by the SHA-256 of its original bytes."""

    sha256: Hash
    size_bytes: Count
    media_type: Name
    width_px: Count
    height_px: Count


class ModelUsed(Part, frozen=True, kw_only=True):
    """A network and the SHA-256 of its file; `passport` is that of what its maker says of it.

    The passport's bytes are a blob of the agent's; none from an agent of before.
    """

    name: Name
    sha256: Hash
    passport: Hash | None = None


class Device(Part, frozen=True, kw_only=True):
    """What stands behind an agent."""

    device: Name
    family: Name
    """The driver's name in `edge.drivers.DRIVERS`."""
    title: Text = ""
    lane: Annotated[str, Meta(max_length=40)] = ""


class DeviceAlive(Part, frozen=True, kw_only=True):
    """`said_up_to`: nothing that it observed earlier is still unsaid; none while unknown."""

    device: Name
    is_found: bool
    said_up_to: Instant | None = None


class StreamHead(Part, frozen=True, kw_only=True):
    """The last number of a stream and its hash; zero and `GENESIS` before the first."""

    stream: Stream
    last: Count
    head: Hash


class EpochHeads(Part, frozen=True, kw_only=True):
    """An epoch of which the source still holds messages."""

    epoch: Epoch
    streams: tuple[StreamHead, ...]


class SignedUpTo(Part, frozen=True, kw_only=True):
    """The last number of a stream that a key signs; zero for none."""

    epoch: Epoch
    stream: Stream
    last: Count


class Queue(Part, frozen=True, kw_only=True):
    """How much of a stream waits in the outbox without a receipt."""

    stream: Stream
    messages: Count
    bytes: Count


class SignedBytes(Part, frozen=True, kw_only=True):
    """The exact bytes that somebody signed, and the signature (base64 in JSON)."""

    body: bytes
    keyid: Name
    sig: bytes


class StreamReceipt(Part, frozen=True, kw_only=True):
    """Up to `upto` nothing is missing: all is kept or declared lost.

    `hash` is that of number `upto` (none if it was declared lost without one). Between `upto` and
    `seen` everything is settled but for `missing` (at most `RANGES_MAX` inclusive ranges); past
    `seen` the receipt says nothing.
    """

    epoch: Epoch
    stream: Stream
    upto: Count
    hash: Hash | None
    seen: Count
    missing: tuple[tuple[int, int], ...] = ()


class Evidence(Part, frozen=True, kw_only=True):
    """One message that an alert rests on."""

    source: SourceText
    epoch: str
    stream: Name
    sequence: Count
    hash: Hash
    type: Name
    observed_at: Instant
    says: Text


class ActDone(Part, frozen=True, kw_only=True):
    """What an officer did, as the journal has it."""

    act: Name
    verb: Verb
    officer: Name
    role: Role
    at: Instant
    note: Text = ""


class Alert(Part, frozen=True, kw_only=True):
    """The findings of one rule about one subject in one episode."""

    id: Name
    rule: Name
    subject: Name
    post: Name
    source: SourceText
    device: Name
    severity: Severity
    state: AlertState
    title: Text
    detail: Text
    opened_at: Instant
    """By the device's clock, where it has one; the journal's otherwise."""
    told_at: Instant
    """The journal's."""
    changed_at: Instant
    """The journal's."""
    times: Count = 1
    """Findings in this episode."""
    is_active: bool = True
    """Whether the condition still holds; false for what clears by itself and did."""
    is_late: bool = False
    """Whether it rests only on what came after its stream had moved on."""
    assigned_to: Annotated[str, Meta(max_length=80)] = ""
    picture: Picture | None = None
    detections: tuple[Detection, ...] = ()
    model: ModelUsed | None = None
    evidence: tuple[Evidence, ...] = ()
    acts: tuple[ActDone, ...] = ()


class DeviceTwin(Part, frozen=True, kw_only=True):
    """A device as the gateway knows it."""

    device: Name
    family: Name
    title: Text = ""
    lane: Annotated[str, Meta(max_length=40)] = ""
    is_found: bool = True
    reason: Text = ""
    since: Instant | None = None
    said_up_to: Instant | None = None


class StreamState(Part, frozen=True, kw_only=True):
    """How whole one stream of one source is, over all its epochs, with counts of numbers."""

    stream: Stream
    status: Completeness
    kept: Count
    missing: Count
    lost: Count
    waiting: Count = 0
    """Messages that the source says wait in its outbox."""


class Scan(Part, frozen=True, kw_only=True):
    """One picture that a scanner made and what a model saw in it."""

    id: Name
    source: SourceText
    device: Name
    post: Name
    subject: Annotated[str, Meta(max_length=80)] = ""
    observed_at: Instant
    picture: Picture | None = None
    is_kept: bool = False
    """Whether the picture itself has arrived whole."""
    detections: tuple[Detection, ...] = ()
    model: ModelUsed | None = None
    milliseconds: float = 0
    failed: Text = ""


class Stretch(Part, frozen=True, kw_only=True):
    """How whole what an agent saw in a stretch of time is; counts are of its numbers there."""

    start: Instant
    end: Instant
    status: Completeness
    kept: Count
    missing: Count
    lost: Count


class Point(Part, frozen=True, kw_only=True):
    """One point of a history: the mean over its step, and the lowest and highest in it."""

    at: Instant
    mean: float
    low: float
    high: float
    count: Count


# --- messages ----------------------------------------------------------------------------------


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The data of a CloudEvent; `type` is its CloudEvents type without the prefix."""

    type: ClassVar[str] = ""


class AgentBorn(Message, frozen=True, kw_only=True):
    """An agent started: what it is, and of which epochs it holds messages (its own first)."""

    type: ClassVar[str] = "agent.born"
    keyid: Name
    version: Name
    epochs: tuple[EpochHeads, ...]
    devices: tuple[Device, ...] = ()
    models: tuple[ModelUsed, ...] = ()
    is_clock_synchronised: bool = False


class AgentAlive(Message, frozen=True, kw_only=True):
    """Every ten seconds: heads, queues, devices."""

    type: ClassVar[str] = "agent.alive"
    epochs: tuple[EpochHeads, ...]
    queues: tuple[Queue, ...] = ()
    devices: tuple[DeviceAlive, ...] = ()


class AgentGone(Message, frozen=True, kw_only=True):
    """The gateway heard the will of a source: a hint, unsigned by the source itself."""

    type: ClassVar[str] = "agent.gone"
    source: SourceText
    epoch: Annotated[str, Meta(max_length=16)] = ""


class SuspectsHeld(Message, frozen=True, kw_only=True):
    """The gateway quarantined messages in the name of a source, and why the last of them."""

    type: ClassVar[str] = "suspects.held"
    source: SourceText
    count: Count
    reason: Text
    revoked_key: Annotated[str, Meta(max_length=80)] = ""
    """The revoked key that signed the last of them, if one did."""


class NotaryChanged(Message, frozen=True, kw_only=True):
    """Whether the journal's checkpoints are signed in time: by the gateway, or by a witness."""

    type: ClassVar[str] = "notary.changed"
    witness: Annotated[str, Meta(max_length=200)] = ""
    """Its name; empty for the gateway's own signature."""
    is_well: bool
    since: Instant
    """When a checkpoint began to wait that is not signed yet; or when all were."""
    size: Count = 0
    """Entries under the last one that was signed."""
    reason: Text = ""


class DeviceFound(Message, frozen=True, kw_only=True):
    """A device behind the agent answers."""

    type: ClassVar[str] = "device.found"
    device: Device


class DeviceLost(Message, frozen=True, kw_only=True):
    """A device behind the agent went, and why."""

    type: ClassVar[str] = "device.lost"
    device: Name
    reason: Text


class ReadingsTaken(Message, frozen=True, kw_only=True):
    """A batch of readings, at least one."""

    type: ClassVar[str] = "readings.taken"
    readings: Annotated[tuple[Reading, ...], Meta(min_length=1, max_length=READINGS_MAX)]


class SealRead(Message, frozen=True, kw_only=True):
    """An electronic seal was interrogated; `subject` is the container it closes, if known."""

    type: ClassVar[str] = "seal.read"
    device: Name
    seal: Name
    state: Literal["intact", "opened", "missing", "damaged"]
    subject: Annotated[str, Meta(max_length=80)] = ""
    battery_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    sealed_at: Instant | None = None
    opened_at: Instant | None = None
    seal_clock_at: Instant | None = None


class ScanCompleted(Message, frozen=True, kw_only=True):
    """A picture went through a model; the picture itself follows on the stream `bulk`."""

    type: ClassVar[str] = "scan.completed"
    device: Name
    subject: Annotated[str, Meta(max_length=80)] = ""
    picture: Picture
    """What was looked at, and can be shown."""
    original: Picture | None = None
    """The file as the machine wrote it, where ``picture`` was made from it (without loss)."""
    detections: tuple[Detection, ...]
    model: ModelUsed
    milliseconds: float


class ScanFailed(Message, frozen=True, kw_only=True):
    """A picture could not be looked at, and why; its bytes are kept all the same."""

    type: ClassVar[str] = "scan.failed"
    device: Name
    subject: Annotated[str, Meta(max_length=80)] = ""
    picture: Picture | None = None
    reason: Text


class BlobPart(Message, frozen=True, kw_only=True):
    """A piece of a blob. Its raw bytes follow the envelope, which names their hash (see `wire`)."""

    type: ClassVar[str] = "blob.part"
    sha256: Hash
    size_bytes: Count
    media_type: Name
    offset_bytes: Count
    part_sha256: Hash
    part_bytes: Annotated[int, Meta(ge=0, le=PART_BYTES_MAX)]


class StreamLost(Message, frozen=True, kw_only=True):
    """Numbers of this source that will never come, and who decided it.

    `before` is the hash of number `from - 1`, `last` that of number `to`; none where the source
    does not know them (reason ``forgotten``: it no longer holds the numbers and has no record of
    having dropped them, as after a restored or replaced card). ``said again``: somebody else spoke
    with the source's name from there on, so it repeated itself in a new epoch.
    """

    type: ClassVar[str] = "stream.lost"
    stream: Stream
    epoch: Epoch
    first: Number = msgspec.field(name="from")
    to: Number
    before: Hash | None = None
    last: Hash | None = None
    reason: Literal["dropped", "unsendable", "pruned", "forgotten", "said again"]
    receipt: SignedBytes | None = None
    """The receipt that allowed the pruning."""


class KeyEnrolled(Message, frozen=True, kw_only=True):
    """A source proved that it holds this Ed25519 public key (32 bytes)."""

    type: ClassVar[str] = "key.enrolled"
    source: SourceText
    keyid: Name
    public_key: bytes
    by: Name
    """Who allowed it: the officer, the name of the one-time code, or the key that it replaces."""
    replaces: Annotated[str, Meta(max_length=80)] = ""
    """The key id that the source gave up for it (`KeyRotated`), and how far that one counts."""
    upto: Annotated[tuple[SignedUpTo, ...], Meta(max_length=KEY_STREAMS_MAX)] = ()


class KeyRotated(Message, frozen=True, kw_only=True):
    """A source goes on with another key; said and signed with the one that it had (`events`).

    `upto` names, per epoch and stream, the last number that the old key signs; it signs nothing
    beyond. It counts whenever it arrives. `sig` is the new key's over `rotation` in
    `contract.signing`.
    """

    type: ClassVar[str] = "key.rotated"
    keyid: Name
    public_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    sig: bytes
    upto: Annotated[tuple[SignedUpTo, ...], Meta(max_length=KEY_STREAMS_MAX)]


class KeyRevoked(Message, frozen=True, kw_only=True):
    """From this entry of the journal on, what is signed with this key does not count."""

    type: ClassVar[str] = "key.revoked"
    source: SourceText
    keyid: Name
    reason: Text
    by: Name
    """Who decided it."""


class BlobKept(Message, frozen=True, kw_only=True):
    """All parts of a blob arrived and its bytes have this hash."""

    type: ClassVar[str] = "blob.kept"
    sha256: Hash
    size_bytes: Count


class BodiesErased(Message, frozen=True, kw_only=True):
    """The gateway erases bodies of its journal, as its retention says; hashes and signatures stay.

    Of the entries up to position `upto` whose class has an end, and on which no alert rests that is
    not closed. Said before the first of them is erased.
    """

    type: ClassVar[str] = "bodies.erased"
    retention: RetentionClass
    upto: Count
    received_before: Instant


class OfficerActed(Message, frozen=True, kw_only=True):
    """What an officer did to an alert; the command center has checked the rights."""

    type: ClassVar[str] = "officer.acted"
    act: Name
    verb: Verb
    alert: Name
    officer: Name
    role: Role
    note: Text = ""
    assignee: Annotated[str, Meta(max_length=80)] = ""


class OfficeChanged(Message, frozen=True, kw_only=True):
    """Who may sign in, read alerts or be told them was changed, or evidence was taken; by whom."""

    type: ClassVar[str] = "office.changed"
    act: Name
    verb: Name
    """As the command center's own record calls it, like "invite" or "revoke token"."""
    about: Name
    """The officer's name, or the id of a token, subscriber or alert."""
    officer: Name
    role: Role
    posts: tuple[Annotated[str, Meta(max_length=5)], ...] = ()
    """What it reaches; `*` is every post."""
    detail: Text = ""


class AlertChanged(Message, frozen=True, kw_only=True):
    """An alert as it now is; `act` names the officer's act that changed it, if one did."""

    type: ClassVar[str] = "alert.changed"
    alert: Alert
    act: Annotated[str, Meta(max_length=80)] = ""


class ActRefused(Message, frozen=True, kw_only=True):
    """An officer's act that the state of the alert forbids."""

    type: ClassVar[str] = "act.refused"
    act: Name
    alert: Name
    reason: Text


class AgentChanged(Message, frozen=True, kw_only=True):
    """An agent and its devices as the gateway knows them."""

    type: ClassVar[str] = "agent.changed"
    source: SourceText
    state: LinkState
    keyid: Annotated[str, Meta(max_length=80)] = ""
    public_key: bytes = b""
    version: Annotated[str, Meta(max_length=80)] = ""
    born_at: Instant | None = None
    heard_at: Instant | None = None
    clock_error_ms: int | None = None
    is_unsigned: bool = False
    """Devices that are not ours: they sign nothing and number nothing, now or ever."""
    devices: tuple[DeviceTwin, ...] = ()
    models: tuple[ModelUsed, ...] = ()


class CompletenessChanged(Message, frozen=True, kw_only=True):
    """How whole what a source said is."""

    type: ClassVar[str] = "completeness.changed"
    source: SourceText
    status: Completeness
    streams: tuple[StreamState, ...]


class ScanChanged(Message, frozen=True, kw_only=True):
    """A scan as it now is."""

    type: ClassVar[str] = "scan.changed"
    scan: Scan


class JudgeChanged(Message, frozen=True, kw_only=True):
    """From here on another version of the judge, or other rules, decide."""

    type: ClassVar[str] = "judge.changed"
    version: Name
    rules: tuple[str, ...]
    settings: Annotated[str, Meta(max_length=100_000)] = ""
    """The thresholds of the rules, in JSON, so that a replay needs nothing but the journal."""


class Receipt(Message, frozen=True, kw_only=True):
    """What the gateway has kept of one source, and how much more it may send.

    Unnumbered; `position` orders the receipts of one journal. `window` messages may be in flight
    without a receipt for `window_s` seconds. `is_revoked`: no key of the source counts, enrol anew.
    """

    type: ClassVar[str] = "receipt"
    journal: Epoch
    position: Count
    agent: SourceText
    window: Count
    window_s: Count
    streams: tuple[StreamReceipt, ...]
    is_revoked: bool = False
    revoked: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    """Keys of the source that count no more."""
    keys: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    """Keys of the source that are known and count, as far as they do. What another signed and is
    not kept must be said again, in a new epoch."""


class EnrolAsked(Message, frozen=True, kw_only=True):
    """A source would like its key entered (1 of 4)."""

    type: ClassVar[str] = "enrol.asked"
    public_key: bytes
    code: Name
    """The public name of the one-time code; the secret half never travels."""
    tls_key: TlsKey = b""
    """The Ed25519 key that it would like a certificate for; none if it needs none."""


class EnrolChallenged(Message, frozen=True, kw_only=True):
    """The gateway's nonce and key (2 of 4); `mac` proves that it knows the one-time code."""

    type: ClassVar[str] = "enrol.challenged"
    nonce: bytes
    public_key: bytes
    mac: bytes
    authority: Pem = ""
    """The certificate of the authority that signs the broker's and the source's."""


class EnrolProved(Message, frozen=True, kw_only=True):
    """The nonce signed with the key, and the proof of the one-time code (3 of 4)."""

    type: ClassVar[str] = "enrol.proved"
    public_key: bytes
    code: Name
    nonce: bytes
    sig: bytes
    mac: bytes
    tls_key: TlsKey = b""
    tls_sig: bytes = b""
    """The same statement, signed with the key for TLS."""


class EnrolAnswered(Message, frozen=True, kw_only=True):
    """The end of it (4 of 4): entered in the journal, or refused and why."""

    type: ClassVar[str] = "enrol.answered"
    is_enrolled: bool
    reason: Text = ""
    certificate: Pem = ""
    authority: Pem = ""
    renew_at: Instant | None = None
    """From then on the source asks for the next certificate."""


class CertificateAsked(Message, frozen=True, kw_only=True):
    """An enrolled source would like its next certificate; signed with its enrolled key.

    `tls_sig` is the signature of the key for TLS over the public key that signs the message.
    """

    type: ClassVar[str] = "certificate.asked"
    tls_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    tls_sig: bytes


class ChangesAsked(Message, frozen=True, kw_only=True):
    """Changes after (epoch, number), please; none for the epoch asks for a snapshot."""

    type: ClassVar[str] = "changes.asked"
    epoch: Epoch | None = None
    after: Count = 0


class ChangesTold(Message, frozen=True, kw_only=True):
    """Changes in their order. `is_snapshot`: forget what you knew, this is all up to `upto`."""

    type: ClassVar[str] = "changes.told"
    epoch: Epoch
    upto: Count
    is_snapshot: bool
    is_last: bool
    changes: tuple[SignedBytes, ...] = ()


class HistoryAsked(Message, frozen=True, kw_only=True):
    """Points of one metric, at most `points`, between two instants."""

    type: ClassVar[str] = "history.asked"
    device: Name
    metric: Name
    start: Instant
    end: Instant
    points: Annotated[int, Meta(ge=1, le=5_000)] = 600


class HistoryTold(Message, frozen=True, kw_only=True):
    """The points asked for, oldest first; a hole is a hole."""

    type: ClassVar[str] = "history.told"
    points: tuple[Point, ...]
    unit: Annotated[str, Meta(max_length=16)] = ""
    step_s: float = 0


class SeriesAsked(Message, frozen=True, kw_only=True):
    """Which devices and metrics have a history?"""

    type: ClassVar[str] = "series.asked"


class SeriesTold(Message, frozen=True, kw_only=True):
    """Pairs of device and metric."""

    type: ClassVar[str] = "series.told"
    series: tuple[tuple[str, str, str], ...]
    """Device, metric, unit."""


class BlobAsked(Message, frozen=True, kw_only=True):
    """Bytes of a kept blob from an offset on."""

    type: ClassVar[str] = "blob.asked"
    sha256: Hash
    offset_bytes: Count = 0


class BlobTold(Message, frozen=True, kw_only=True):
    """A piece of a kept blob (base64 in JSON)."""

    type: ClassVar[str] = "blob.told"
    size_bytes: Count
    media_type: Name
    piece: bytes


class CheckpointMade(Message, frozen=True, kw_only=True):
    """How the journal stands, as a signed note (`contract.proof.checkpoint`); told to everybody."""

    type: ClassVar[str] = "checkpoint.made"
    checkpoint: Annotated[str, Meta(max_length=65_536)]


class CheckpointAsked(Message, frozen=True, kw_only=True):
    """The newest checkpoint, please."""

    type: ClassVar[str] = "checkpoint.asked"


class CheckpointTold(Message, frozen=True, kw_only=True):
    """The newest checkpoint, with the cosignatures that it has by now."""

    type: ClassVar[str] = "checkpoint.told"
    checkpoint: Annotated[str, Meta(max_length=65_536)]


class EvidenceAsked(Message, frozen=True, kw_only=True):
    """The archive of one alert, from an offset on; the first time, it is begun.

    ``export`` is chosen by who asks: asked again with the same one, the same archive is told.
    """

    type: ClassVar[str] = "evidence.asked"
    export: ExportId
    alert: Name
    offset_bytes: Count = 0


class EvidenceTold(Message, frozen=True, kw_only=True):
    """A piece of an archive (base64 in JSON); without a hash, it is still being made."""

    type: ClassVar[str] = "evidence.told"
    sha256: Annotated[str, Meta(pattern=whole("([0-9a-f]{64})?"))] = ""
    """Of the whole archive."""
    size_bytes: Count = 0
    piece: bytes = b""
    notes: tuple[Text, ...] = ()
    """What is not in it, and from when on back-dating is excluded: sentences."""


class CompletenessAsked(Message, frozen=True, kw_only=True):
    """Is everything here that this device of this source saw between two instants?

    Without a device: what the agent itself said. `steps`: in so many stretches of equal length.
    """

    type: ClassVar[str] = "completeness.asked"
    source: SourceText
    device: Annotated[str, Meta(max_length=80)] = ""
    start: Instant
    end: Instant
    steps: Annotated[int, Meta(ge=1, le=200)] = 1


class CompletenessTold(Message, frozen=True, kw_only=True):
    """The answer as one word (the worst of the stretches), and why in sentences."""

    type: ClassVar[str] = "completeness.told"
    status: Completeness
    reasons: tuple[Text, ...] = ()
    stretches: tuple[Stretch, ...]
    whole: Stretch | None = None
    """All of them as one: a message near a border counts in both stretches, but here once."""


class AskRefused(Message, frozen=True, kw_only=True):
    """A question without an answer, and why."""

    type: ClassVar[str] = "ask.refused"
    reason: Text


MESSAGES: Final[dict[str, type[Message]]] = {
    message.type: message
    for message in (
        *(
            AgentBorn,
            AgentAlive,
            AgentGone,
            SuspectsHeld,
            NotaryChanged,
            DeviceFound,
            DeviceLost,
            ReadingsTaken,
            SealRead,
        ),
        *(ScanCompleted, ScanFailed, BlobPart, StreamLost, KeyEnrolled, BlobKept, OfficerActed),
        OfficeChanged,
        *(AlertChanged, ActRefused, AgentChanged, CompletenessChanged, ScanChanged, JudgeChanged),
        *(Receipt, EnrolAsked, EnrolChallenged, EnrolProved, EnrolAnswered),
        *(CertificateAsked, KeyRotated, KeyRevoked),
        *(ChangesAsked, ChangesTold, HistoryAsked, HistoryTold, SeriesAsked, SeriesTold),
        *(BlobAsked, BlobTold, CheckpointMade, CheckpointAsked, CheckpointTold, AskRefused),
        *(CompletenessAsked, CompletenessTold, BodiesErased, EvidenceAsked, EvidenceTold),
    )
}
"""Every message by its type: read this, and you know all that can be said."""


# --- the envelope ------------------------------------------------------------------------------


class Stamp(Part, frozen=True, kw_only=True):
    """When, by which clock: `clock_error_ms` is none on a box that has not synchronised."""

    observed_at: Instant
    boot_id: Name
    monotonic_ns: Count
    clock_error_ms: int | None = None
    is_estimated: bool = False
    """Whether `observed_at` was estimated from the gateway's receipts."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The CloudEvents envelope with our extension attributes (names: lower case, CloudEvents 3.1).

    `sequence` has the form of the CloudEvents extension of that name: a string that sorts. All of
    `stream`, `epoch`, `sequence` and `previous` are there, or none (an unnumbered message).
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=160)]
    source: SourceText
    type: Annotated[str, Meta(min_length=1, max_length=120)]
    time: Instant
    datacontenttype: Literal["application/json"]
    stream: Annotated[str, Meta(pattern=whole("events|readings|bulk|changes"))] = ""
    epoch: Annotated[str, Meta(pattern=whole("([0-9a-f]{16})?"))] = ""
    sequence: Annotated[str, Meta(pattern=whole("([0-9]{10})?"))] = ""
    previous: Annotated[str, Meta(pattern=whole("([0-9a-f]{64})?"))] = ""
    bootid: Annotated[str, Meta(max_length=80)] = ""
    monotonicns: Annotated[str, Meta(pattern=whole("[0-9]{0,20}"))] = ""
    clockerrorms: int | None = None
    clocksource: Annotated[str, Meta(pattern=whole("(receipts)?"))] = ""
    """``receipts``: the box was not in step, the time is estimated from the gateway's receipts."""
    data: msgspec.Raw

    @property
    def identity(self) -> Identity | None:
        """Source, stream, epoch and number; none for an unnumbered message."""
        if not self.sequence:
            return None
        return Identity(self.source, self.stream, self.epoch, int(self.sequence))  # type: ignore[arg-type]  # "changes" is a stream of the gateway alone

    def message(self) -> Message:
        """Read the data; raise `Refused` if its type is unknown or the data not of that type."""
        decoder = _DECODERS.get(self.type)
        if decoder is None:
            raise Refused(f"no message is called {self.type!r}")
        try:
            return decoder.decode(self.data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused(f"{self.type}: {error}") from error
        except RecursionError as error:
            raise Refused(f"{self.type}: nested too deeply") from error


_DECODERS: Final = {
    type_prefix + name: msgspec.json.Decoder(message) for name, message in MESSAGES.items()
}


def _plain(value: object) -> str:
    """An identifier is a string of its own type; nothing else may stand in a message unasked."""
    if isinstance(value, Identifier):
        return str(value)
    raise TypeError(f"a message cannot hold a {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_ENVELOPE: Final = msgspec.json.Decoder(Event)


def read(body: bytes) -> Event:
    """Read the envelope of a message; raise `Unreadable` if it is not one of ours."""
    try:
        event = _ENVELOPE.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not a Greenlane message: {error}") from error
    numbering = (event.stream, event.epoch, event.sequence, event.previous)
    if any(numbering) and (not all(numbering) or event.sequence == "0" * 10):
        raise Unreadable("stream, epoch, sequence and previous come together, counted from 1")
    return event


def encode(value: msgspec.Struct) -> bytes:
    """The JSON of an envelope, a message or a part of one."""
    return _ENCODER.encode(value)


def compose(
    message: Message,
    *,
    source: str,
    stamp: Stamp,
    identity: Identity | None = None,
    previous: str = "",
) -> bytes:
    """Write a message; raise `Refused` for what nobody could read."""
    if identity is None:
        name = f"{stamp.boot_id}:{stamp.monotonic_ns}:{message.type}"
        stream = epoch = sequence = ""
    else:
        stream, epoch = identity.stream, identity.epoch
        sequence = f"{identity.sequence:010d}"
        name = f"{epoch}:{stream}:{identity.sequence}"
    event = Event(
        specversion="1.0",
        id=name,
        source=str(source),
        type=type_prefix + message.type,
        time=stamp.observed_at,
        datacontenttype="application/json",
        stream=stream,
        epoch=epoch,
        sequence=sequence,
        previous=previous,
        bootid=stamp.boot_id,
        monotonicns=str(stamp.monotonic_ns),
        clockerrorms=stamp.clock_error_ms,
        clocksource="receipts" if stamp.is_estimated else "",
        data=msgspec.Raw(_ENCODER.encode(message)),
    )
    body = _ENCODER.encode(event)
    try:
        read(body).message()
    except Unreadable as error:
        raise Refused(str(error)) from error
    return body
