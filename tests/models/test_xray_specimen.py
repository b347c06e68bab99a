"""A mesh that somebody else made: read, or refused with a sentence; in a bag and in a picture."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from contract.config import BadConfig
from greenlane.__main__ import main
from greenlane.cli import parser
from greenlane.exits import OK, USAGE
from models.image import decode, read
from models.xray.bag import render
from models.xray.mesh import BadMesh
from models.xray.mesh_files import read_mesh
from models.xray.specimen import SIZE_PX
from models.xray.two_views import write

SIZE_MM = (120.0, 50.0, 40.0)


def run(*words: str | Path) -> int:
    """The exit code of `greenlane model specimen WORDS`."""
    arguments = parser().parse_args(["model", "specimen", *map(str, words)])
    return int(arguments.act(arguments))


@pytest.fixture
def block(tmp_path: Path) -> Path:
    """A block of 12 by 5 by 4 cm, as STL, whose triangles share no corners."""
    path = tmp_path / "block.stl"
    trimesh.creation.box(SIZE_MM).export(path)
    return path


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj"])
def test_mesh_is_read_in_centimetres(tmp_path: Path, suffix: str) -> None:
    """All three formats, a millimetre unless said otherwise, in the middle of its box."""
    path = tmp_path / f"block{suffix}"
    trimesh.creation.box(SIZE_MM).export(path)
    mesh = read_mesh(path)
    assert mesh.volume == pytest.approx(12.0 * 5.0 * 4.0)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([12.0, 5.0, 4.0])
    assert mesh.low == pytest.approx(-2.0)
    assert read_mesh(path, "cm").volume == pytest.approx(1000 * mesh.volume)


def test_what_is_no_solid_is_refused(tmp_path: Path, block: Path) -> None:
    """A hole, no triangles, a cut file, another suffix, an unknown unit: each says what it is."""
    holed = trimesh.creation.box(SIZE_MM)
    holed.update_faces(np.arange(11))
    holed.export(tmp_path / "holed.stl")
    with pytest.raises(BadMesh, match="not watertight"):
        read_mesh(tmp_path / "holed.stl")
    (tmp_path / "cut.stl").write_bytes(block.read_bytes()[:300])
    with pytest.raises(BadMesh, match=r"cut\.stl"):
        read_mesh(tmp_path / "cut.stl")
    with pytest.raises(BadMesh, match=r"none of \.obj, \.ply, \.stl"):
        read_mesh(tmp_path / "block.blend")
    with pytest.raises(BadMesh, match="no such unit"):
        read_mesh(block, "ell")
    with pytest.raises(BadMesh, match="larger than 200 cm"):
        read_mesh(block, "m")
    trimesh.creation.box((0.12, 0.05, 0.04)).export(tmp_path / "metres.stl")
    with pytest.raises(BadMesh, match=r"smaller than 0\.2 cm: say its unit"):
        read_mesh(tmp_path / "metres.stl")


def test_your_mesh_is_hidden_in_a_bag(
    tmp_path: Path, block: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two views in one picture, and a truth for each of them."""
    out = tmp_path / "bag.png"
    said = ("--out", out, "--material", "ivory", "--kind", "netsuke")
    assert run(block, *said, "--seed", "3", "--turn", "20", "0", "45") == OK
    truths = json.loads(capsys.readouterr().out)
    assert [truth["kind"] for truth in truths] == ["netsuke", "netsuke"]
    assert all(truth["absorbed"] > 0.1 for truth in truths)
    assert decode(read(out)).shape[1] == SIZE_PX[0]


def test_your_mesh_is_projected_into_a_picture(
    tmp_path: Path, block: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The picture changes in and round the box, nowhere else, and gets darker there."""
    before = render(8, size=(320, 240)).pixels
    write(tmp_path / "scan.png", before)
    out = tmp_path / "out.png"
    scan = tmp_path / "scan.png"
    assert run(block, "--out", out, "--material", "ivory", "--into", scan) == OK
    (truth,) = json.loads(capsys.readouterr().out)
    assert truth["kind"] == "block"
    after = decode(read(out))
    x1, y1, x2, y2 = (round(edge) for edge in truth["box"])
    assert after[y1:y2, x1:x2].mean() < before[y1:y2, x1:x2].mean()
    changed = np.argwhere((after != before).any(axis=2))
    assert changed[:, 0].min() >= y1 - 12
    assert changed[:, 1].max() <= x2 + 12


def test_refusal_is_a_sentence_and_an_exit_code(
    tmp_path: Path, block: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for an officer; an unknown material is answered with all that are known."""
    out = tmp_path / "o.png"
    words = ["model", "specimen", str(tmp_path / "no.stl"), "--out", str(out)]
    assert main([*words, "--material", "ivory"]) == USAGE
    assert "no.stl: No such file" in capsys.readouterr().err
    with pytest.raises(BadConfig, match=r"no such material: 'tooth'; one of .*ivory"):
        run(block, "--out", out, "--material", "tooth")
    with pytest.raises(SystemExit, match=str(USAGE)):
        run(block, "--out", out, "--material", "ivory", "--density", "0")
    assert "--density: '0' is no number above 0" in capsys.readouterr().err
    with pytest.raises(BadConfig, match="no such unit: 'ell'; one of mm, cm, m, inch"):
        run(block, "--out", out, "--material", "ivory", "--unit", "ell")
    assert not out.exists()
