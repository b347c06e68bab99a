"""Pictures made fit for a browser, in a process of their own: the command center loads no numpy.

As a module it is what `pictures` calls; as a program (``python -m``) it is the worker, which reads
one file, writes another, and may be killed at any time.
"""

import asyncio
import importlib
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from contract.link import Unavailable

CONVERT_S_MAX: Final = 30.0
MEMORY_BYTES_MAX: Final = 4 * 1024**3
PIXELS_MAX: Final = 1 << 27
WORKERS_MAX: Final = 2
WORKER: Final = "command_center.conversion"
NO_EXTRA: Final = 3
NO_PICTURE: Final = 4
_room: Final = asyncio.Semaphore(WORKERS_MAX)


class NoConverter(Exception):
    """The libraries for it are not installed."""


class NotAPicture(Exception):
    """The bytes cannot be read as a picture."""


async def convert(source: Path, target: Path, *, python: str = sys.executable) -> bytes:
    """Write ``source`` as PNG to ``target`` and return it; raise `NoConverter`, `NotAPicture`."""
    async with _room:
        worker = await asyncio.create_subprocess_exec(
            *(python, "-m", WORKER, str(source), str(target)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            # One who decodes hostile bytes gets no environment but what Python needs.
            env={key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ},
        )
        try:
            async with asyncio.timeout(CONVERT_S_MAX):
                code = await worker.wait()
        except TimeoutError as error:
            raise Unavailable("the picture takes too long to convert") from error
        finally:
            if worker.returncode is None:
                worker.kill()
                await asyncio.shield(worker.wait())
    if code == NO_EXTRA:
        raise NoConverter(
            "This picture has to be converted for the screen, and the libraries for it are not "
            "installed here: install greenlane[models]. The original can be downloaded."
        )
    if code:
        raise NotAPicture("This picture cannot be read. The original can be downloaded.")
    return await asyncio.to_thread(target.read_bytes)


def main(source: str, target: str) -> int:
    """The worker: 0, or why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(PIXELS_MAX)
    try:
        cv2: Any = importlib.import_module("cv2")
    except ImportError:
        return NO_EXTRA
    cv2.setNumThreads(1)
    try:
        picture = cv2.imread(source, cv2.IMREAD_UNCHANGED)
        if picture is None:
            return NO_PICTURE
        if picture.dtype != "uint8":
            # A scanner's 16 bits on a screen's 8: from its darkest to its brightest.
            picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX).astype("uint8")
        done, png = cv2.imencode(".png", picture)
    except cv2.error:
        return NO_PICTURE
    if not done:
        return NO_PICTURE
    Path(target).write_bytes(png.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
