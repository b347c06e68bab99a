"""What the fields of messages are made of: texts, numbers and instants with their limits."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from contract.identifiers import Source
from contract.pattern import whole

GENESIS: Final = "0" * 64
"""What the first message of an epoch names as the hash before it."""
TEXT_MAX: Final = 2_000
"""Characters of a free text."""
Stream = Literal["events", "readings", "bulk"]
STREAMS: Final[tuple[Stream, ...]] = ("events", "readings", "bulk")
"""In this order of urgency; shed in the opposite one."""
Hash = Annotated[str, Meta(pattern=whole("[0-9a-f]{64}"))]
Epoch = Annotated[str, Meta(pattern=whole("[0-9a-f]{16}"))]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Text = Annotated[str, Meta(max_length=TEXT_MAX)]
TypeText = Annotated[str, Meta(max_length=120)]
"""A CloudEvents type as it came, also one that no message of ours has."""
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1, le=9_999_999_999)]
SourceText = Annotated[str, Meta(pattern=whole(Source.form.pattern))]
Instant = Annotated[datetime, Meta(tz=True)]
