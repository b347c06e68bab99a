"""All that can be said, in one list: a message that does not stand here cannot be read."""

from typing import Final

from contract.messages import (
    acts,
    agents,
    alerts,
    blobs,
    completeness,
    delivery,
    enrolment,
    journal,
    keys,
    questions,
    readings,
    scans,
    seals,
)
from contract.messages.message import Message

MESSAGES: Final[dict[str, type[Message]]] = {
    message.type: message
    for message in (
        *(agents.AgentBorn, agents.AgentAlive, agents.AgentGone, agents.AgentChanged),
        *(agents.DeviceFound, agents.DeviceLost),
        *(readings.ReadingsTaken, seals.SealRead),
        *(scans.ScanCompleted, scans.ScanFailed, scans.ScanChanged),
        *(blobs.BlobPart, blobs.BlobKept, blobs.BlobDropped),
        *(delivery.Receipt, delivery.StreamLost, completeness.CompletenessChanged),
        *(alerts.AlertChanged, acts.OfficerActed, acts.ActRefused, acts.OfficeChanged),
        *(enrolment.EnrolAsked, enrolment.EnrolChallenged),
        *(enrolment.EnrolProved, enrolment.EnrolAnswered, enrolment.CertificateAsked),
        *(keys.KeyEnrolled, keys.KeyRotated, keys.KeyRevoked),
        *(journal.JudgeChanged, journal.SuspectsHeld, journal.BodiesErased),
        *(journal.NotaryChanged, journal.CheckpointMade),
        *(questions.ChangesAsked, questions.ChangesTold),
        *(questions.HistoryAsked, questions.HistoryTold),
        *(questions.SeriesAsked, questions.SeriesTold),
        *(questions.BlobAsked, questions.BlobTold),
        *(questions.CheckpointAsked, questions.CheckpointTold),
        *(questions.EvidenceAsked, questions.EvidenceTold),
        *(questions.CompletenessAsked, questions.CompletenessTold),
        questions.AskRefused,
    )
}
"""Every message by its type."""
