"""The tree: the published vectors, and every proof of every small tree."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.proof import merkle
from contract.proof.merkle import BadProof, check_consistency, check_inclusion
from contract.proof.tiles import Edge, Place, edge_of, node_in

VECTORS = Path(__file__).parents[2] / "vectors" / "rfc6962"
LARGE = 66_000
"""Leaves: more than a tile of tiles, so that there are three levels."""


def vectors(kind: str) -> list[Any]:
    """Published proofs."""
    found: list[Any] = json.loads((VECTORS / f"{kind}.json").read_text())
    return [pytest.param(one, id=one["name"]) for one in found]


def proof_of(vector: dict[str, Any]) -> list[bytes]:
    """The hashes of a vector."""
    return [base64.b64decode(one) for one in vector["proof"] or []]


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_inclusion_is_judged_as_others_judge_it(vector: dict[str, Any]) -> None:
    """All published vectors of transparency-dev/merkle."""

    def check() -> None:
        leaf, root = base64.b64decode(vector["leafHash"]), base64.b64decode(vector["root"])
        check_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof_of(vector), root)

    if vector["wantErr"]:
        with pytest.raises(BadProof):
            check()
    else:
        check()


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_consistency_is_judged_as_others_judge_it(vector: dict[str, Any]) -> None:
    """All published vectors of transparency-dev/merkle."""

    def check() -> None:
        roots = base64.b64decode(vector["root1"]), base64.b64decode(vector["root2"])
        check_consistency(vector["size1"], vector["size2"], *roots, proof_of(vector))

    if vector["wantErr"]:
        with pytest.raises(BadProof):
            check()
    else:
        check()


class Stored:
    """A tree as a gateway stores it: full tiles, and the partial ones of a moment."""

    def __init__(self) -> None:
        self.edge = Edge()
        self.tiles: dict[Place, bytes] = {}

    def grow(self, leaves: list[bytes]) -> None:
        """Append, and store."""
        for tile in (*self.edge.append(leaves), *self.edge.partial()):
            self.tiles[tile.place] = tile.hashes

    def node(self, level: int, index: int) -> bytes:
        """For proofs."""
        return node_in(self.tiles.__getitem__)(level, index)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 writes it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return merkle.node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def leaves(count: int) -> list[bytes]:
    """Hashes of so many leaves."""
    return [merkle.leaf_hash(b"%d" % number) for number in range(count)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=5), st.data())
def test_a_tree_that_grew_in_any_steps_proves_every_leaf_and_every_former_tree(
    steps: list[int], data: st.DataObject
) -> None:
    """Roots are those of the definition, whatever the batches; proofs hold, and only they."""
    stored, roots = Stored(), {}
    everything = leaves(sum(steps))
    for step in steps:
        stored.grow(everything[stored.edge.size : stored.edge.size + step])
        roots[stored.edge.size] = stored.edge.root()
    size = stored.edge.size
    assert roots == {one: by_definition(everything[:one]) for one in roots}
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion(index, size, stored.node)
    check_inclusion(everything[index], index, size, proof, roots[size])
    for old, root in roots.items():
        grown = merkle.consistency(old, size, stored.node)
        check_consistency(old, size, root, roots[size], grown)
    for bad in wrong(proof):
        with pytest.raises(BadProof):
            check_inclusion(everything[index], index, size, bad, roots[size])


def wrong(proof: list[bytes]) -> list[list[bytes]]:
    """Proofs that are none: one byte other, one hash less, one more, two swapped."""
    spoilt = [bytes((one[0] ^ 1,)) + one[1:] for one in proof]
    cases = [[*proof[:at], spoilt[at], *proof[at + 1 :]] for at in range(len(proof))]
    cases += [proof[:-1]] if proof else []
    cases += [[*proof, bytes(32)], [bytes(32), *proof]]
    if len(proof) > 1 and proof[0] != proof[1]:
        cases.append([proof[1], proof[0], *proof[2:]])
    return cases


def test_a_large_tree_is_taken_up_again_from_what_is_stored() -> None:
    """The edge of a stored tree goes on as if there had been no end, over three levels of tiles."""
    everything = leaves(LARGE)
    whole, stored = Edge(), Stored()
    whole.append(everything)
    stored.grow(everything[:65_700])
    again = edge_of(65_700, stored.tiles.__getitem__)
    assert again.root() == stored.edge.root()
    again.append(everything[65_700:])
    assert (again.size, again.root()) == (LARGE, whole.root())
    assert edge_of(0, stored.tiles.__getitem__).root() == merkle.EMPTY


def test_a_missing_tile_is_said_and_not_guessed() -> None:
    """Whoever asks for a proof over a hash that is not stored hears so."""
    stored = Stored()
    stored.grow(leaves(300))
    del stored.tiles[Place(0, 0)]
    with pytest.raises(LookupError):
        merkle.inclusion(3, 300, stored.node)
    with pytest.raises(LookupError):
        edge_of(600, stored.tiles.__getitem__)
