"""The detector: pictures in, what was seen out, off the event loop.

    driver ─▶ picture ─▶ Detector ─▶ Scan ─▶ outbox

The network runs in threads of its own, so that seals and readings never wait for a picture. Only
this module and `models` know ONNX Runtime.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from models.detection import Detection, PictureError, Scan
from models.image import read
from models.inference import Model, Runtime, preferred, twin_of
from models.passport import WILDLIFE_MODEL, Passport, PassportError

__all__ = [
    "Detection",
    "Detector",
    "DetectorConfig",
    "Passport",
    "PassportError",
    "PictureError",
    "Precision",
    "Scan",
]

WORKERS_MAX = 16
Precision = Literal["auto", "float32", "int8"]


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """Which model, and how it runs."""

    model: Path = WILDLIFE_MODEL
    provider: str = "CPUExecutionProvider"
    workers: int = 1
    """Pictures looked at side by side; each worker takes about one core while it looks."""
    threads: int = 1
    """Threads inside one picture; more workers of one thread do more than more threads."""
    precision: Precision = "auto"
    """Which of model and 8-bit twin runs: `auto` takes the twin where nothing is lost by it."""

    @property
    def path(self) -> Path:
        """The file that runs."""
        if self.precision == "auto":
            return preferred(self.model)
        return twin_of(self.model) if self.precision == "int8" else self.model

    def __post_init__(self) -> None:
        """Refuse numbers that no machine of ours can carry."""
        if not (1 <= self.workers <= WORKERS_MAX and 1 <= self.threads <= WORKERS_MAX):
            raise ValueError(f"workers and threads lie between 1 and {WORKERS_MAX}")


class Detector:
    """A model at work; use it as an async context manager.

    Entering raises `PassportError` if the model is not what its passport says.
    """

    def __init__(self, config: DetectorConfig | None = None) -> None:
        """Take the configuration; nothing is loaded before `async with`."""
        self.config = config or DetectorConfig()
        self._model: Model | None = None
        self._workers: ThreadPoolExecutor | None = None

    @property
    def passport(self) -> Passport:
        """The passport of the model at work."""
        return self._at_work()[0].passport

    async def __aenter__(self) -> Self:
        """Load and check the model, off the loop."""
        workers = ThreadPoolExecutor(self.config.workers, thread_name_prefix="detector")
        runtime = Runtime(self.config.provider, self.config.threads)
        loop = asyncio.get_running_loop()
        try:
            self._model = await loop.run_in_executor(workers, _open, self.config, runtime)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
        self._workers = workers
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the pictures being looked at; forget those still waiting."""
        _, workers = self._at_work()
        self._model = self._workers = None
        await asyncio.to_thread(workers.shutdown, wait=True, cancel_futures=True)

    async def detect(self, picture: bytes | Path) -> Scan:
        """Return what is seen in an encoded picture or the file at a path.

        Raises `PictureError` if it cannot be read: the picture is at fault, asking again is no use.
        """
        model, workers = self._at_work()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(workers, _scan, model, picture)

    def _at_work(self) -> tuple[Model, ThreadPoolExecutor]:
        if self._model is None or self._workers is None:
            raise RuntimeError("the detector is not open: use it in `async with`")
        return self._model, self._workers


def _open(config: DetectorConfig, runtime: Runtime) -> Model:
    return Model(config.path, runtime)


def _scan(model: Model, picture: bytes | Path) -> Scan:
    return model.scan(read(picture) if isinstance(picture, Path) else picture)
