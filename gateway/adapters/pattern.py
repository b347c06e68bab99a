"""Topic patterns with named levels: ``tele/{device}/SENSOR``, ``zigbee2mqtt/{device+}``. Pure."""

import re
from typing import Final

from contract.link import Rejected

NAMES: Final = ("device", "metric")
"""What a level can be called; ``{}`` is a level that says nothing."""
_LEVEL: Final = re.compile(r"\{([a-z]*)(\+?)\}")


class Pattern:
    """One pattern; raises `Rejected`, with the reason, for what is none."""

    def __init__(self, text: str) -> None:
        self.text: Final = text
        self.names: Final[set[str]] = set()
        levels = text.split("/")
        if not text or "" in levels:
            raise Rejected(f"topic {text!r} has an empty level")
        self._form: Final = re.compile("/".join(map(self._read, levels)))
        self.filter: Final = _filter(levels)
        """The MQTT topic filter that hears at least these topics."""

    def match(self, topic: str) -> dict[str, str] | None:
        """The named levels of a topic; none if it is another one."""
        found = self._form.fullmatch(topic)
        return found.groupdict() if found else None

    def _read(self, level: str) -> str:
        named = _LEVEL.fullmatch(level)
        if named is None:
            if set(level) & set("{}+#"):
                raise Rejected(f"topic {self.text!r}: {level!r} is neither a name nor {{name}}")
            return re.escape(level)
        name, many = named.groups()
        form = "[^/]+(?:/[^/]+)*" if many else "[^/]+"
        if not name:
            return form
        if name not in NAMES:
            raise Rejected(f"topic {self.text!r}: a level is {{device}} or {{metric}}, not {level}")
        if name in self.names:
            raise Rejected(f"topic {self.text!r} names {{{name}}} twice")
        self.names.add(name)
        return f"(?P<{name}>{form})"


def _filter(levels: list[str]) -> str:
    heard = []
    for level in levels:
        named = _LEVEL.fullmatch(level)
        if named and named[2]:
            heard.append("#")
            break
        heard.append("+" if named else level)
    return "/".join(heard)
