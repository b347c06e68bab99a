"""One sample of every message, as the golden files have them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from contract.messages import (
    ActDone,
    ActRefused,
    AgentAlive,
    AgentBorn,
    AgentChanged,
    AgentGone,
    Alert,
    AlertChanged,
    AskRefused,
    BlobAsked,
    BlobDropped,
    BlobKept,
    BlobPart,
    BlobTold,
    BodiesErased,
    CertificateAsked,
    ChangesAsked,
    ChangesTold,
    CheckpointAsked,
    CheckpointMade,
    CheckpointTold,
    CompletenessAsked,
    CompletenessChanged,
    CompletenessTold,
    Detection,
    Device,
    DeviceAlive,
    DeviceFound,
    DeviceLost,
    DeviceTwin,
    EnrolAnswered,
    EnrolAsked,
    EnrolChallenged,
    EnrolProved,
    EpochHeads,
    Evidence,
    EvidenceAsked,
    EvidenceTold,
    HistoryAsked,
    HistoryTold,
    JudgeChanged,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    Likelihood,
    Message,
    ModelUsed,
    NotaryChanged,
    OfficeChanged,
    OfficerActed,
    Picture,
    Point,
    Queue,
    Reading,
    ReadingsTaken,
    Receipt,
    Scan,
    ScanChanged,
    ScanCompleted,
    ScanFailed,
    SealRead,
    SeriesAsked,
    SeriesTold,
    SignedBytes,
    SignedUpTo,
    StreamHead,
    StreamLost,
    StreamReceipt,
    StreamState,
    Stretch,
    SuspectsHeld,
)

AT: Final = datetime(2026, 11, 22, 14, 7, 32, tzinfo=UTC)
EPOCH: Final = "9f2c1a7be0d34455"
JOURNAL: Final = "0123456789abcdef"
ONE: Final = "1" * 64
TWO: Final = "2" * 64
SOURCE: Final = "/KEMBA/gate-2"

_heads = (EpochHeads(epoch=EPOCH, streams=(StreamHead(stream="events", last=17, head=ONE),)),)
_device = Device(device="reader-1", family="seal_reader", title="Seal reader 1", lane="2")
_model = ModelUsed(name="wildlife", sha256=TWO)
_picture = Picture(sha256=ONE, size_bytes=9, media_type="image/png", width_px=640, height_px=480)
_detection = Detection(label="elephant_tusk", score=0.83, box=(12.5, 40.0, 310.0, 220.25))
_likelihood = Likelihood(ratio=246.563, low=14.828, high=None, measured_on="simulated bags")
_weighed = Detection(label="bird", score=0.9, box=(1.0, 2.0, 3.0, 4.0), likelihood=_likelihood)
_signed = SignedBytes(body=b'{"specversion":"1.0"}', keyid="0" * 32, sig=bytes(64))
_alert = Alert(
    id="0123456789abcdef0123",
    rule="seal_opened",
    subject="HLXU4172205",
    post="KEMBA",
    source=SOURCE,
    device="reader-1",
    severity="critical",
    state="acknowledged",
    title="Seal opened in transit",
    detail="02:16 UTC by the seal's clock; told us at 04:02",
    opened_at=AT - timedelta(hours=2),
    told_at=AT,
    changed_at=AT,
    times=2,
    picture=_picture,
    detections=(_detection,),
    model=_model,
    evidence=(
        Evidence(
            source=SOURCE,
            epoch=EPOCH,
            stream="events",
            sequence=17,
            hash=ONE,
            type="seal.read",
            observed_at=AT,
            says="seal HLXU417 opened",
        ),
    ),
    acts=(ActDone(act="act-1", verb="acknowledge", officer="Officer 12", role="officer", at=AT),),
)
_scan = Scan(
    id=f"{EPOCH}:events:17",
    source=SOURCE,
    device="scanner-1",
    post="KEMBA",
    subject="0125443871",
    observed_at=AT,
    picture=_picture,
    is_kept=True,
    detections=(_detection,),
    model=_model,
    milliseconds=20.5,
)

_checkpoint = "greenlane/KEMBA/gateway/0123456789abcdef\n0\n" + "A" * 43 + "=\n\n— k AAAAAAA=\n"
_ALL: Final[tuple[Message, ...]] = (
    AgentBorn(
        keyid="0" * 32,
        version="0.1.0",
        epochs=_heads,
        devices=(_device,),
        models=(_model,),
        is_clock_synchronised=True,
    ),
    AgentAlive(
        epochs=_heads,
        queues=(Queue(stream="events", messages=1, bytes=600),),
        devices=(DeviceAlive(device="reader-1", is_found=True, said_up_to=AT),),
    ),
    AgentGone(source=SOURCE, epoch=EPOCH),
    SuspectsHeld(source=SOURCE, count=12, reason="the signature does not match the key"),
    DeviceFound(device=_device),
    DeviceLost(device="reader-1", reason="the connection was reset"),
    ReadingsTaken(
        readings=(
            Reading(
                device="sensor-1", metric="temperature", value=4.25, unit="Cel", observed_at=AT
            ),
        )
    ),
    SealRead(
        device="reader-1",
        seal="HLXU417",
        state="opened",
        subject="HLXU4172205",
        battery_percent=91.5,
        sealed_at=AT - timedelta(days=3),
        opened_at=AT - timedelta(hours=2),
        seal_clock_at=AT,
    ),
    ScanCompleted(
        device="scanner-1",
        subject="0125443871",
        picture=_picture,
        detections=(_weighed, _detection),
        model=_model,
        milliseconds=20.5,
    ),
    ScanFailed(device="scanner-1", picture=_picture, reason="cut short after 61 % of the lines"),
    BlobPart(
        sha256=ONE,
        size_bytes=9,
        media_type="image/png",
        offset_bytes=0,
        part_sha256=ONE,
        part_bytes=9,
    ),
    StreamLost(
        stream="readings",
        epoch=EPOCH,
        first=3,
        to=9,
        before=ONE,
        last=TWO,
        reason="pruned",
        receipt=_signed,
    ),
    KeyEnrolled(source=SOURCE, keyid="0" * 32, public_key=bytes(32), by="code k3m9"),
    BlobKept(sha256=ONE, size_bytes=9),
    BlobDropped(source=SOURCE, sha256=ONE, size_bytes=9, reason="too old"),
    OfficerActed(
        act="act-1",
        verb="acknowledge",
        alert="0123456789abcdef0123",
        officer="Officer 12",
        role="officer",
        note="on my way",
    ),
    OfficeChanged(
        act="act-3",
        verb="invite",
        about="Officer 14",
        officer="admin",
        role="admin",
        posts=("KEMBA",),
        detail="as viewer of KEMBA",
    ),
    AlertChanged(alert=_alert, act="act-1"),
    ActRefused(act="act-2", alert="0123456789abcdef0123", reason="it is closed already"),
    AgentChanged(
        source=SOURCE,
        state="alive",
        keyid="0" * 32,
        public_key=bytes(32),
        version="0.1.0",
        born_at=AT,
        heard_at=AT,
        clock_error_ms=3,
        devices=(DeviceTwin(device="reader-1", family="seal_reader", said_up_to=AT),),
        models=(_model,),
    ),
    CompletenessChanged(
        source=SOURCE,
        status="late",
        streams=(
            StreamState(stream="readings", status="late", kept=8_409, missing=3, lost=0, waiting=3),
        ),
    ),
    ScanChanged(scan=_scan),
    JudgeChanged(version="1", rules=("seal_opened", "contraband_seen")),
    Receipt(
        journal=JOURNAL,
        position=90_113,
        agent=SOURCE,
        window=500,
        window_s=30,
        streams=(
            StreamReceipt(
                epoch=EPOCH, stream="events", upto=17, hash=ONE, seen=24, missing=((18, 19),)
            ),
        ),
    ),
    KeyRotated(
        keyid="1" * 32,
        public_key=b"1" * 32,
        sig=bytes(64),
        upto=(SignedUpTo(epoch=EPOCH, stream="events", last=17),),
    ),
    KeyRevoked(source=SOURCE, keyid="0" * 32, reason="the box was stolen", by="admin"),
    CertificateAsked(tls_key=bytes(32), tls_sig=bytes(64)),
    EnrolAsked(public_key=bytes(32), code="k3m9"),
    EnrolChallenged(nonce=bytes(32), public_key=bytes(32), mac=bytes(32)),
    EnrolProved(public_key=bytes(32), code="k3m9", nonce=bytes(32), sig=bytes(64), mac=bytes(32)),
    EnrolAnswered(is_enrolled=False, reason="the code was used"),
    ChangesAsked(epoch=JOURNAL, after=41),
    ChangesTold(epoch=JOURNAL, upto=42, is_snapshot=False, is_last=True, changes=(_signed,)),
    HistoryAsked(
        device="sensor-1", metric="temperature", start=AT - timedelta(hours=1), end=AT, points=60
    ),
    HistoryTold(
        points=(Point(at=AT, mean=4.25, low=4.0, high=4.5, count=10),), unit="Cel", step_s=60
    ),
    SeriesAsked(),
    SeriesTold(series=(("sensor-1", "temperature", "Cel"),)),
    BlobAsked(sha256=ONE, offset_bytes=131_072),
    BlobTold(size_bytes=9, media_type="image/png", piece=b"\x89PNG\r\n\x1a\n\x00"),
    CheckpointMade(checkpoint=_checkpoint),
    CheckpointAsked(),
    CheckpointTold(checkpoint=_checkpoint),
    EvidenceAsked(export="3" * 32, alert="6f0c1d2e3a4b5c6d7e8f", offset_bytes=524_288),
    EvidenceTold(
        sha256=ONE,
        size_bytes=4,
        piece=b"PK\x03\x04",
        notes=("Not in it: body of entry 7: erased by retention.",),
    ),
    NotaryChanged(
        witness="witness.example", is_well=False, since=AT, size=90_200, reason="it does not answer"
    ),
    AskRefused(reason="no picture has this hash"),
    BodiesErased(retention="telemetry", upto=8_412, received_before=AT),
    CompletenessAsked(source=SOURCE, device="scanner-2", start=AT, end=AT, steps=2),
    CompletenessTold(
        status="missing",
        reasons=("1 message (events) of gate-2 is not here.",),
        stretches=(Stretch(start=AT, end=AT, status="missing", kept=7, missing=1, lost=0),),
    ),
)

SAMPLES: Final[dict[str, Message]] = {message.type: message for message in _ALL}
