"""What an agent tells a monitor: its outbox, its devices, and how long the model takes."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from contract.delivery import metrics as outbox_metrics
from contract.delivery.outbox import Outbox
from contract.metrics import Family, counter, gauge, labelled
from edge.detector import PictureError, Scan
from edge.health import Health


class Watched:
    """A detector whose work is counted."""

    def __init__(self, detect: Callable[[bytes], Awaitable[Scan]]) -> None:
        self._detect: Final = detect
        self.pictures = 0
        self.unreadable = 0
        self.milliseconds = 0.0
        self.milliseconds_last = 0.0

    async def detect(self, picture: bytes) -> Scan:
        """As the detector does; raises `PictureError` as it does."""
        try:
            scan = await self._detect(picture)
        except PictureError:
            self.unreadable += 1
            raise
        self.pictures += 1
        self.milliseconds += scan.milliseconds
        self.milliseconds_last = scan.milliseconds
        return scan


async def collect(outbox: Outbox, health: Health, watched: Watched) -> Iterable[Family]:
    """All families, as of now."""
    found = {device.device: float(device.is_found) for device in health.alive()}
    return [
        *await outbox_metrics.collect(outbox),
        labelled("device_found", "gauge", "1 while a device answers.", "device", found),
        counter("pictures", "Pictures that the model looked at.", watched.pictures),
        counter("pictures_unreadable", "Pictures that cannot be read.", watched.unreadable),
        counter(
            "model_milliseconds", "From bytes to detections, all pictures.", watched.milliseconds
        ),
        gauge("model_last_milliseconds", "The same, the last picture.", watched.milliseconds_last),
    ]
