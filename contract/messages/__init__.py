"""Everything that travels: one class per CloudEvents type, and a module for each kind of them.

A message is a CloudEvents 1.0 document in structured JSON mode. It is read in two steps, and the
two ways in which reading fails are two different promises: an envelope that cannot be read raises
`Unreadable` (nobody can say whose number it was: quarantine it), data that cannot be read raises
`Refused` (the number is known: keep the message as refused and receipt it).

Strict when we write (`compose` reads back what it wrote), tolerant when we read (unknown fields are
ignored, so that a new edge can talk to an old gateway).

Units are in the names; a `Reading` names its unit by the SenML registry (RFC 8428, section 12.1).
`catalogue` lists all; `fields` is what they are made of, `envelope` what is written around them.
"""

from contract.messages.acts import ActDone, ActRefused, OfficeChanged, OfficerActed, Role, Verb
from contract.messages.agents import (
    EPOCHS_NAMED_MAX,
    AgentAlive,
    AgentBorn,
    AgentChanged,
    AgentGone,
    Device,
    DeviceAlive,
    DeviceFound,
    DeviceLost,
    DeviceTwin,
    LinkState,
)
from contract.messages.alerts import Alert, AlertChanged, AlertState, Evidence, Severity
from contract.messages.blobs import PART_BYTES_MAX, BlobDropped, BlobKept, BlobPart
from contract.messages.catalogue import MESSAGES
from contract.messages.completeness import Completeness, CompletenessChanged, StreamState, Stretch
from contract.messages.delivery import (
    RANGES_MAX,
    EpochHeads,
    Queue,
    Receipt,
    SignedBytes,
    StreamHead,
    StreamLost,
    StreamReceipt,
)
from contract.messages.enrolment import (
    CertificateAsked,
    EnrolAnswered,
    EnrolAsked,
    EnrolChallenged,
    EnrolProved,
    Pem,
    TlsKey,
)
from contract.messages.envelope import (
    MESSAGE_BYTES_MAX,
    Event,
    Identity,
    Stamp,
    compose,
    encode,
    read,
    type_prefix,
)
from contract.messages.fields import (
    GENESIS,
    STREAMS,
    TEXT_MAX,
    Count,
    Epoch,
    Hash,
    Instant,
    Name,
    Number,
    SourceText,
    Stream,
    Text,
)
from contract.messages.journal import (
    BodiesErased,
    CheckpointMade,
    JudgeChanged,
    NotaryChanged,
    RetentionClass,
    SuspectsHeld,
)
from contract.messages.keys import KEY_STREAMS_MAX, KeyEnrolled, KeyRevoked, KeyRotated, SignedUpTo
from contract.messages.message import Message, Part, Refused, Unreadable
from contract.messages.questions import (
    CHANGES_PAGE_MAX,
    AskRefused,
    BlobAsked,
    BlobTold,
    ChangesAsked,
    ChangesTold,
    CheckpointAsked,
    CheckpointTold,
    CompletenessAsked,
    CompletenessTold,
    EvidenceAsked,
    EvidenceTold,
    ExportId,
    HistoryAsked,
    HistoryTold,
    Point,
    SeriesAsked,
    SeriesTold,
)
from contract.messages.readings import (
    DRIFT_METRIC,
    DRIFT_PICTURES_METRIC,
    READINGS_MAX,
    Reading,
    ReadingsTaken,
)
from contract.messages.scans import (
    Detection,
    Likelihood,
    ModelUsed,
    Picture,
    Scan,
    ScanChanged,
    ScanCompleted,
    ScanFailed,
)
from contract.messages.seals import SealRead
