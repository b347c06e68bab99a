"""An archive that is being verified: its files, its manifest, whom the reader trusts. Pure."""

from dataclasses import dataclass
from functools import cached_property

from greenlane.evidence import members
from greenlane.evidence.form import Manifest
from greenlane.evidence.members import Members, Seen
from greenlane.evidence.verdict import Check, Verdict, Wrong


@dataclass(frozen=True)
class Archive:
    """What every step of a verification needs."""

    members: Members
    names: tuple[str, ...]
    manifest: Manifest
    trusted: frozenset[bytes]
    verdict: Verdict

    def whole(self, name: str) -> bytes:
        """The bytes of a file; raises `Wrong` if it is not here."""
        if name not in self.names:
            raise Wrong(name, "it is missing")
        return members.whole(self.members, name)

    def seen(self, name: str) -> Seen:
        """Size and hash of a file."""
        return members.seen(self.members, name)

    def under(self, folder: str, ending: str = "") -> list[str]:
        """The files of a folder."""
        return [one for one in self.names if one.startswith(folder) and one.endswith(ending)]

    @cached_property
    def absent(self) -> frozenset[str]:
        """What the gateway itself says is not here."""
        return frozenset(one.what for one in self.manifest.absent)

    def holds(self, about: str, says: str) -> None:
        """Something was checked, and is so."""
        self.verdict.checks.append(Check(about, says))

    def note(self, sentence: str) -> None:
        """Something that is not proved."""
        self.verdict.notes.append(sentence)
