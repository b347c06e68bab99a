"""A folder of pictures with YOLO or COCO labels, or with none: then every picture is harmless.

FOLDER/**/*.png|jpg|jpeg|tif|tiff   LABELS/**/NAME.txt (YOLO)   or   one COCO .json
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.detection import PictureError
from models.image import decode, read
from models.sources import Sample
from models.xray.bag import Truth

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
PICTURES_MAX = 200_000
YOLO_FIELDS = 5

Box = tuple[float, float, float, float]


class LabelError(ValueError):
    """The labels cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Folder:
    """Pictures and labels on disk; nothing is decoded before it is asked for."""

    pictures: tuple[Path, ...]
    images: Path
    labels: dict[str, tuple[tuple[str, Box, bool], ...]]
    """By the picture's name: class, box, and whether the box is in shares of the picture."""

    @classmethod
    def open(cls, images: Path, labels: Path | None = None, classes: Path | None = None) -> Folder:
        """Find pictures and labels; raises `LabelError`."""
        pictures = tuple(sorted(p for p in images.rglob("*") if p.suffix.lower() in SUFFIXES))
        if not pictures:
            raise LabelError(f"{images}: no PNG, JPEG or TIFF in it")
        if len(pictures) > PICTURES_MAX:
            raise LabelError(f"{images}: {len(pictures)} pictures, more than {PICTURES_MAX}")
        if labels is None:
            return cls(pictures, images, {})
        coco = _coco_in(labels)
        if coco is not None:
            return cls(pictures, images, _coco(coco))
        if classes is None:
            raise LabelError("YOLO labels are numbers: say --classes FILE with one name a line")
        names = [line.strip() for line in classes.read_text(encoding="utf-8").splitlines()]
        return cls(pictures, images, _yolo(pictures, images, labels, [n for n in names if n]))

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.pictures)

    def samples(
        self, kinds: Sequence[str], chosen: Sequence[int] | None = None
    ) -> Iterator[Sample]:
        """Yield the pictures (all, or those at `chosen`) with the truths of the classes `kinds`.

        Raises `PictureError`, with the file's name, at one that cannot be read.
        """
        for index in range(len(self.pictures)) if chosen is None else chosen:
            path = self.pictures[index]
            try:
                pixels = decode(read(path))
            except PictureError as error:
                raise PictureError(f"{path}: {error}") from error
            said = self.labels.get(path.name, ())
            height, width = pixels.shape[:2]
            truths = tuple(
                Truth(kind, _in_px(box, width, height) if is_share else box)
                for kind, box, is_share in said
                if kind in kinds
            )
            name = path.relative_to(self.images).as_posix()
            yield Sample(name, pixels, truths, others=len(said) - len(truths))


def _in_px(box: Box, width: int, height: int) -> Box:
    x1, y1, x2, y2 = box
    return x1 * width, y1 * height, x2 * width, y2 * height


def _coco_in(labels: Path) -> Path | None:
    """Return the COCO file that is meant, if one is."""
    if labels.is_file():
        return labels
    if not labels.is_dir():
        raise LabelError(f"{labels}: no such file or folder")
    found = sorted(labels.glob("*.json"))
    if len(found) > 1:
        raise LabelError(f"{labels}: several .json files; name the one that is meant")
    return found[0] if found else None


def _coco(path: Path) -> dict[str, tuple[tuple[str, Box, bool], ...]]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kinds = {c["id"]: str(c["name"]) for c in said["categories"]}
        names = {i["id"]: Path(i["file_name"]).name for i in said["images"]}
        found: dict[str, list[tuple[str, Box, bool]]] = {}
        for one in said["annotations"]:
            x, y, w, h = (float(v) for v in one["bbox"])
            entry = (kinds[one["category_id"]], (x, y, x + w, y + h), False)
            found.setdefault(names[one["image_id"]], []).append(entry)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabelError(f"{path}: not COCO labels: {error!r}") from error
    return {name: tuple(entries) for name, entries in found.items()}


def _yolo(
    pictures: Sequence[Path], images: Path, labels: Path, names: Sequence[str]
) -> dict[str, tuple[tuple[str, Box, bool], ...]]:
    by_stem = {p.stem: p for p in sorted(labels.rglob("*.txt"))}
    if not by_stem:
        raise LabelError(f"{labels}: neither .txt (YOLO) nor .json (COCO) in it")
    found = {}
    for picture in pictures:
        beside = labels / picture.relative_to(images).with_suffix(".txt")
        path = beside if beside.is_file() else by_stem.get(picture.stem)
        if path is not None:
            found[picture.name] = tuple(_yolo_lines(path, names))
    return found


def _yolo_lines(path: Path, names: Sequence[str]) -> Iterator[tuple[str, Box, bool]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        try:
            if len(fields) < YOLO_FIELDS:
                raise ValueError(f"{len(fields)} fields, not {YOLO_FIELDS}")  # noqa: TRY301 - one message for all
            kind = names[int(fields[0])]
            x, y, w, h = (float(v) for v in fields[1:YOLO_FIELDS])
        except (ValueError, IndexError) as error:
            raise LabelError(f"{path}:{number}: not a YOLO label: {error}") from error
        yield kind, (x - w / 2, y - h / 2, x + w / 2, y + h / 2), True
