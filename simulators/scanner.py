"""A simulated scanner: renders bags and writes their pictures into a folder, slowly."""

import asyncio
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.xray.bag import render

PIECE_BYTES: Final = 32 * 1024
PIECE_S: Final = 0.02
"""Pause after each piece: some 1.6 MB/s, a machine on a slow share."""
SIZE_PX: Final = (640, 480)


def picture_of(seed: int, threat: str | None, *, suffix: str = ".png") -> bytes:
    """The encoded picture of one bag; takes a tenth of a second of one processor."""
    pixels = render(seed, threat=threat, size=SIZE_PX).pixels
    is_encoded, encoded = cv2.imencode(suffix, np.ascontiguousarray(pixels[..., ::-1]))
    if not is_encoded:
        raise ValueError(f"no picture can be written as {suffix!r}")
    return encoded.tobytes()


async def write_slowly(path: Path, body: bytes, *, piece_s: float = PIECE_S) -> None:
    """Write a file under its final name, piece by piece."""
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(body), PIECE_BYTES):
            file.write(body[start : start + PIECE_BYTES])
            await asyncio.sleep(piece_s)


async def scan(folder: Path, name: str, seed: int, threat: str | None) -> None:
    """Put one bag through the machine."""
    body = await asyncio.to_thread(picture_of, seed, threat, suffix=Path(name).suffix)
    await write_slowly(folder / name, body)
