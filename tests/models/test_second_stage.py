"""The second stage: which boxes are looked at again, what is cut out for it, what it may change."""

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

import onnx
import onnxruntime
import torch
from torch import nn

from models.costs import of_second, wanted
from models.export import export
from models.inference import INPUT
from models.network import Head, Network
from models.pictures import Batch
from models.quantise import quantise
from models.second_stage import (
    CROP_PX,
    LOUD_MIN,
    MARGIN,
    MIRRORS,
    PROPOSALS_MAX,
    RIVALS,
    SecondStage,
    TwoStages,
    crops,
    extents,
    proposals,
)
from models.thaw import thaw

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(200),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
CLASSES, WIDTH, SIDE = 3, 8, 128


def said(*loud: tuple[float, float, float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes and logits of a picture's cells: these (score, box), the others silent and apart."""
    boxes = torch.tensor([[1000.0 + 20 * i, 0.0, 1010.0 + 20 * i, 10.0] for i in range(RIVALS + 9)])
    logits = torch.full((len(boxes), CLASSES), -8.0)
    for i, (score, *box) in enumerate(loud):
        boxes[i] = torch.tensor(box)
        logits[i, i % CLASSES] = float(np.log(score / (1 - score)))
    return boxes, logits


def two_stages() -> TwoStages:
    """Both, by chance; the second one changes something."""
    torch.manual_seed(7)
    first = Network(CLASSES, WIDTH)
    second = SecondStage.after(first, CLASSES, WIDTH)
    last = second.kind[-1]
    assert isinstance(last, nn.Linear)
    nn.init.normal_(last.weight, std=0.3)
    for head in first.heads:
        assert isinstance(head, Head)
        nn.init.zeros_(head.kind_out.bias)  # type: ignore[arg-type]
        nn.init.normal_(head.kind_out.weight, std=2.0)  # loud here and there
    return TwoStages(first, second).eval()


def test_box_falls_to_a_louder_one_of_whatever_class_and_has_a_vote_on_its_edges() -> None:
    """What is loud and lies apart is looked at, the loudest first; of a heap the weighted mean."""
    boxes, logits = said(
        (0.3, 10.0, 10.0, 50.0, 50.0), (0.9, 12.0, 10.0, 52.0, 50.0), (0.4, 90.0, 90.0, 99.0, 99.0)
    )
    chosen, loud = proposals(boxes, logits)
    assert chosen[0].tolist() == pytest.approx([11.5, 10.0, 51.5, 50.0])
    assert chosen[1].tolist() == pytest.approx([90.0, 90.0, 99.0, 99.0])
    assert loud.amax(1).sigmoid().tolist() == pytest.approx([0.9, 0.4])


def test_one_box_at_least_and_eight_at_most() -> None:
    """A silent picture has its loudest box looked at; a screaming one costs no more than eight."""
    quiet, _ = proposals(*said((LOUD_MIN / 2, 10.0, 10.0, 50.0, 50.0)))
    assert quiet.tolist() == [[10.0, 10.0, 50.0, 50.0]]
    many = [(0.9, 30.0 * i, 0.0, 30.0 * i + 20.0, 20.0) for i in range(20)]
    assert len(proposals(*said(*many))[0]) == PROPOSALS_MAX


def test_crop_shows_what_is_round_the_box_and_an_empty_belt_outside() -> None:
    """The box fills the crop but for the margin; beyond the picture there is no ink."""
    picture = torch.full((1, 3, SIDE, SIDE), 255.0)
    picture[:, :, 40:80, 20:60] = 0.0
    square, corner = crops(
        picture, torch.tensor([[20.0, 40.0, 60.0, 80.0], [0.0, 0.0, 40.0, 40.0]])
    )
    shown = (square[0] > 0.5).float()
    assert shown.sum().sqrt().item() == pytest.approx(CROP_PX / MARGIN, abs=1.5)
    rows = shown.sum(1).nonzero()[:, 0]
    assert rows.float().mean().item() == pytest.approx((CROP_PX - 1) / 2, abs=1.0)
    assert corner[:, :8].abs().max().item() == 0.0


def test_second_stage_changes_nothing_before_it_has_learnt() -> None:
    """So that learning starts from what the first one says."""
    torch.manual_seed(2)
    first = Network(CLASSES, WIDTH).eval()
    network = TwoStages(first, SecondStage.after(first, CLASSES, WIDTH)).eval()
    x = torch.rand(1, 3, SIDE, SIDE) * 255
    with torch.no_grad():
        _, scores = network(x)
        _, kinds = first(x)
    for score in scores[0]:
        assert (kinds[0] - score).abs().amax(-1).min() < 1e-5


def test_mirrored_crop_is_judged_as_the_crop_itself() -> None:
    """A bag has no left and right; a crop alone is judged otherwise than its mirror image."""
    second = two_stages().second
    for part in second.trunk.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)  # not as it begins: what is seen reaches the end
    square = torch.rand(3, 3, CROP_PX, CROP_PX)
    square[..., : CROP_PX // 3, :] = square[..., : CROP_PX // 5] = 0.0
    beside = (torch.randn(3, CLASSES), torch.full((3, 2), 0.3))
    with torch.no_grad():
        other = square.flip(MIRRORS[-1])
        alone = second(square, *beside) - second(other, *beside)
        every = second.mirrored(square, *beside) - second.mirrored(other, *beside)
    assert every.abs().max() < 1e-3 * alone.abs().max()


def test_right_box_of_the_right_class_is_wanted_and_a_near_one_hardly_counts() -> None:
    """Half covered is found; less than that, but something, is neither right nor wrong."""
    truths = torch.tensor([[1.0, 0.0, 0.0, 10.0, 10.0], [-1.0, -1.0, -1.0, -1.0, -1.0]])
    boxes = torch.tensor([[0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 10.0, 4.0], [50.0, 50.0, 60.0, 60.0]])
    score, weight = wanted(boxes, truths, CLASSES)
    assert score.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert weight[:, 1].tolist() == pytest.approx([1.0, 0.2, 1.0])
    assert weight[:, 0].tolist() == [1.0, 1.0, 1.0]


def test_learning_lowers_the_cost_and_leaves_the_first_stage_alone() -> None:
    """A few steps on one batch."""
    network = two_stages()
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (2, 3, SIDE, SIDE), dtype=np.uint8)
    truths = np.full((2, 2, 5), -1.0, dtype=np.float32)
    with torch.no_grad():
        boxes, _ = network(torch.from_numpy(pixels[:1]).float())
    truths[0, 0] = [1.0, *boxes[0, 0].tolist()]
    batch = Batch(pixels, truths, np.zeros((2, SIDE // 8, SIDE // 8), dtype=np.uint8))
    before = {name: value.clone() for name, value in network.first.state_dict().items()}
    cost = of_second(network.first, network.second)
    optimiser = torch.optim.SGD(network.second.parameters(), lr=0.05)
    costs = []
    for _ in range(4):
        total = cost(batch)
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        costs.append(float(total.detach()))
    assert costs[-1] < costs[0]
    assert all(torch.equal(before[k], value) for k, value in network.first.state_dict().items())


def test_file_says_what_both_stages_say_and_thaws_to_them() -> None:
    """Exported (which compares) and read back."""
    network = two_stages()
    data = export(network, SIDE)
    again = thaw(data, CLASSES, WIDTH, SIDE)
    assert isinstance(again, TwoStages)
    x = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (1, 3, SIDE, SIDE))).float()
    with torch.no_grad():
        for one, other in zip(network(x), again(x), strict=True):
            assert torch.allclose(one, other, atol=1e-2)


def test_rounded_file_cuts_out_what_the_other_cuts_out() -> None:
    """Its first stage takes bytes and turned weights; the second must still get the picture."""
    data = export(two_stages(), SIDE)
    shown = np.random.default_rng(2).integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)
    rounded = quantise(data, SIDE, shown)
    assert len(rounded) < len(data)
    cut = [_inside(one, "GridSample", shown[:1]) for one in (data, rounded)]
    assert cut[0].max() > 0.5
    assert np.abs(cut[0] - cut[1])[..., : 2 * CROP_PX, :].mean() < 0.1


def _inside(data: bytes, kind: str, square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the one node of a kind says."""
    model = onnx.load_from_string(data)
    (node,) = (one for one in model.graph.node if one.op_type == kind)
    told = onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None)
    model.graph.output.append(told)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (said,) = session.run([node.output[0]], {INPUT: square})
    return np.asarray(said)


def test_extents_are_shares_of_the_picture() -> None:
    """Width and height."""
    assert extents(torch.tensor([[10.0, 10.0, 42.0, 26.0]]), SIDE).tolist() == [[0.25, 0.125]]
