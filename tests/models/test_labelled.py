"""Folders of pictures: YOLO labels, COCO labels, none."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.detection import PictureError
from models.labelled import Folder, LabelError

KINDS = ("elephant_tusk", "bird")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three pictures of 100 by 80 px, one of them in a folder of its own."""
    folder = tmp_path / "images"
    (folder / "more").mkdir(parents=True)
    for name in ("a.png", "b.jpg", "more/c.png"):
        cv2.imwrite(str(folder / name), np.full((80, 100, 3), 250, np.uint8))
    return folder


def test_without_labels_every_picture_is_harmless(images: Path) -> None:
    """In the order of their names, folders included."""
    samples = list(Folder.open(images).samples(KINDS))
    assert [one.name for one in samples] == ["a.png", "b.jpg", "more/c.png"]
    assert all(one.truths == () for one in samples)


def test_yolo_labels_are_shares_of_the_picture(images: Path, tmp_path: Path) -> None:
    """Class, centre, size; a class that is not looked for makes nothing harmful."""
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "a.txt").write_text("1 0.5 0.5 0.2 0.5\n0 0.1 0.1 0.1 0.1\n")
    (tmp_path / "classes.txt").write_text("gun\nbird\n")
    first, second, _ = Folder.open(images, labels, tmp_path / "classes.txt").samples(KINDS)
    (truth,) = first.truths
    assert truth.kind == "bird"
    assert truth.box == pytest.approx((40, 20, 60, 60))
    assert first.others == 1
    assert second.truths == ()


def test_coco_labels_are_pixels(images: Path, tmp_path: Path) -> None:
    """Corner and size; the file or the folder it is alone in may be named."""
    said = {
        "images": [{"id": 7, "file_name": "more/c.png"}],
        "categories": [{"id": 3, "name": "elephant_tusk"}],
        "annotations": [{"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40]}],
    }
    path = tmp_path / "coco" / "all.json"
    path.parent.mkdir()
    path.write_text(json.dumps(said))
    for labels in (path, path.parent):
        *_, last = Folder.open(images, labels).samples(KINDS)
        assert last.truths[0].box == (10, 20, 40, 60)


@pytest.mark.parametrize("line", ["0 0.5 0.5 0.1", "9 0.5 0.5 0.1 0.1", "x 0 0 0 0"])
def test_label_that_is_none_is_refused_with_its_line(
    images: Path, tmp_path: Path, line: str
) -> None:
    """A broken label must not become a harmless picture."""
    (tmp_path / "a.txt").write_text(f"\n{line}\n")
    (tmp_path / "names").write_text("gun\n")
    with pytest.raises(LabelError, match=r"a\.txt:2"):
        Folder.open(images, tmp_path, tmp_path / "names")


def test_folder_that_cannot_be_used_is_refused(images: Path, tmp_path: Path) -> None:
    """No pictures, no classes, no labels, broken COCO: each in a sentence."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(LabelError, match="no PNG"):
        Folder.open(empty)
    with pytest.raises(LabelError, match="--classes"):
        Folder.open(images, images)
    with pytest.raises(LabelError, match="neither"):
        Folder.open(images, empty, tmp_path / "x.json")
    with pytest.raises(LabelError, match="not COCO"):
        Folder.open(images, tmp_path / "x.json")


def test_broken_picture_is_named(images: Path) -> None:
    """So that somebody can take it away."""
    (images / "b.jpg").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"b\.jpg"):
        list(Folder.open(images).samples(KINDS))
