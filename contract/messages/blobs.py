"""Pictures and passports on their way into the journal, in parts."""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from contract.messages.fields import Count, Hash, Name, SourceText
from contract.messages.message import Message

PART_BYTES_MAX: Final = 128 * 1024
"""Raw bytes behind one `BlobPart`."""


class BlobPart(Message, frozen=True, kw_only=True):
    """A piece of a blob. Its raw bytes follow the envelope, which names their hash (see `wire`)."""

    type: ClassVar[str] = "blob.part"
    sha256: Hash
    size_bytes: Count
    media_type: Name
    offset_bytes: Count
    part_sha256: Hash
    part_bytes: Annotated[int, Meta(ge=0, le=PART_BYTES_MAX)]


class BlobKept(Message, frozen=True, kw_only=True):
    """All parts of a blob arrived and its bytes have this hash."""

    type: ClassVar[str] = "blob.kept"
    sha256: Hash
    size_bytes: Count


class BlobDropped(Message, frozen=True, kw_only=True):
    """The gateway gives up a blob of which parts are missing; those that it kept of `source` go.

    Said before they go. A blob that is said again as a whole is kept all the same.
    """

    type: ClassVar[str] = "blob.dropped"
    source: SourceText
    sha256: Hash
    size_bytes: Count
    reason: Literal["too old", "no room", "another picture"]
