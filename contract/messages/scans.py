"""Pictures that scanners made, and what models saw in them."""

from typing import Annotated, ClassVar

from msgspec import Meta

from contract.messages.fields import Count, Hash, Instant, Name, SourceText, Text
from contract.messages.message import Message, Part


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


class ScanChanged(Message, frozen=True, kw_only=True):
    """A scan as it now is."""

    type: ClassVar[str] = "scan.changed"
    scan: Scan
