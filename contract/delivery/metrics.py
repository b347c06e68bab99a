"""What an outbox tells a monitor, an agent's and a command center's alike."""

from contract.delivery.outbox import Outbox
from contract.metrics import Family, counter, labelled


async def collect(outbox: Outbox) -> list[Family]:
    """What waits and what was dropped, as of now."""
    queues = await outbox.call(outbox.end.queues)
    return [
        labelled(
            "outbox_messages",
            "gauge",
            "Messages that wait for a receipt, by stream.",
            "stream",
            {queue.stream: queue.messages for queue in queues},
        ),
        labelled(
            "outbox_bytes",
            "gauge",
            "Bytes held, receipted or not, by stream.",
            "stream",
            {queue.stream: queue.bytes for queue in queues},
        ),
        counter("outbox_shed", "Messages dropped without a receipt.", outbox.end.shed),
    ]
