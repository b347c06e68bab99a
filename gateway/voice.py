"""What the gateway says in its own name: signed, unnumbered, entries of its own journal."""

from typing import Final

from contract.ask import answer
from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Packet
from contract.messages import Message, compose, read
from contract.signing import Key
from contract.topics import leaf_of, topic
from contract.wire import hash_of
from gateway.entry import Draft

NAME: Final = "gateway"
"""A gateway's source is ``/POST/gateway``, at the first of its posts."""


class Voice:
    """The gateway's source, key and clock."""

    def __init__(self, source: Source, key: Key, clock: Clock) -> None:
        self.source: Final = source
        self.key: Final = key
        self._clock: Final = clock

    def say(self, message: Message) -> Draft:
        """An entry of the gateway's own."""
        body = compose(message, source=self.source, stamp=stamp(self._clock))
        event = read(body)
        return Draft(
            kind="own",
            source=self.source,
            hash=hash_of(body),
            type=message.type,
            body=body,
            keyid=self.key.keyid,
            sig=self.key.sign(body),
            observed_at=event.time,
            message=event.message(),
        )

    def packet(self, message: Message, to: str, leaf: str = "") -> Packet:
        """A signed message to one source."""
        body = compose(message, source=self.source, stamp=stamp(self._clock))
        return Packet(
            topic=topic(to, leaf or leaf_of(type(message))),
            body=body,
            keyid=self.key.keyid,
            sig=self.key.sign(body),
        )

    def answer(self, question: Packet, message: Message) -> Packet:
        """The answer to a question, signed as the answer to just that one."""
        return answer(question, message, me=self.source, clock=self._clock, key=self.key)
