"""Pictures and passports on their way into the journal, in parts."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.messages.fields import Count, Hash, Name
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
