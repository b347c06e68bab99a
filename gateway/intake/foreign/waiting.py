"""What was heard and not taken yet, by topic: a topic that floods waits for itself alone. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from contract.links.subscriber import Said

WAITING_MESSAGES_MAX: Final = 100_000
WAITING_BYTES_MAX: Final = 64 * 1024 * 1024
"""With more, the topic that has most waiting loses its older half, and it is counted."""
BATCH_MESSAGES: Final = 2_000
BATCH_BYTES: Final = 500_000
"""What is taken at once: ten milliseconds' reading, in which nobody else has the loop. Where more
waits, every topic gets the same share of it."""

Taken = Mapping[bytes, Sequence[Said]]


class Waiting:
    """Queues by topic, bounded together."""

    def __init__(self) -> None:
        self.count = 0
        self.dropped = 0
        """Messages that found no room, ever."""
        self._bytes = 0
        self._queues: dict[bytes, deque[Said]] = {}

    def put(self, said: Iterable[Said]) -> list[int]:
        """Let these wait. Returns packet ids of messages that were given up for them."""
        queues = self._queues
        for one in said:
            queue = queues.get(one[0])
            if queue is None:
                queue = queues[one[0]] = deque()
            queue.append(one)
            self.count += 1
            self._bytes += len(one[1])
        gone: list[int] = []
        while self.count > WAITING_MESSAGES_MAX or self._bytes > WAITING_BYTES_MAX:
            gone += self._give_up()
        return gone

    def take(self) -> Taken:
        """The next batch, by topic; each topic in its own order."""
        if self.count <= BATCH_MESSAGES and self._bytes <= BATCH_BYTES:
            taken: Taken = dict(self._queues)
            self._queues, self.count, self._bytes = {}, 0, 0
            return taken
        return self._shared()

    def forget_numbered(self) -> None:
        """The connection is another: what wants an acknowledgement will be said again."""
        for topic, queue in list(self._queues.items()):
            self._put_back(topic, deque(one for one in queue if not one.packet_id), queue)

    def _shared(self) -> Taken:
        share = max(1, BATCH_MESSAGES // len(self._queues))
        taken: dict[bytes, Sequence[Said]] = {}
        left = BATCH_BYTES
        for topic in list(self._queues)[:BATCH_MESSAGES]:
            if left <= 0:
                break
            queue = self._queues.pop(topic)
            part: list[Said] = []
            while queue and len(part) < share and left > 0:
                one = queue.popleft()
                part.append(one)
                left -= len(one.payload)
            taken[topic] = part
            if queue:
                self._queues[topic] = queue  # behind all others: its next turn is the last
        self.count -= sum(map(len, taken.values()))
        self._bytes -= BATCH_BYTES - left
        return taken

    def _give_up(self) -> list[int]:
        """The older half of the longest queue; returns the packet ids in it."""
        by_bytes = self.count <= WAITING_MESSAGES_MAX
        topic = max(self._queues, key=lambda name: _weight(self._queues[name], by_bytes=by_bytes))
        queue = self._queues[topic]
        gone = [queue.popleft() for _ in range((len(queue) + 1) // 2)]
        self.count -= len(gone)
        self.dropped += len(gone)
        self._bytes -= sum(len(one.payload) for one in gone)
        if not queue:
            del self._queues[topic]
        return [one.packet_id for one in gone if one.packet_id]

    def _put_back(self, topic: bytes, kept: deque[Said], former: deque[Said]) -> None:
        self.count -= len(former) - len(kept)
        self._bytes -= sum(len(one.payload) for one in former if one.packet_id)
        if kept:
            self._queues[topic] = kept
        else:
            del self._queues[topic]


def _weight(queue: deque[Said], *, by_bytes: bool) -> int:
    return sum(len(one.payload) for one in queue) if by_bytes else len(queue)
