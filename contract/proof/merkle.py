"""The Merkle tree of RFC 6962: hashes, proofs from stored hashes, and their verification. Pure.

A tree is asked for by ``node(level, index)``: the hash of the complete subtree over the leaves
``index << level`` to ``(index + 1) << level``, so whoever stores hashes decides which ones.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""
PROOF_MAX: Final = 63
"""Hashes in one proof (C2SP tlog-witness)."""

Node = Callable[[int, int], bytes]


class BadProof(ValueError):
    """These hashes do not lead from the one to the other."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what stands above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(begin: int, end: int, node: Node) -> bytes:
    """The root over the leaves ``begin`` to ``end`` (without ``end``), as they stand in a tree."""
    width = end - begin
    if width == 0:
        return EMPTY
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, begin >> level)
    split = _split(begin, end)
    return node_hash(root(begin, split, node), root(split, end, node))


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Proof that leaf ``index`` (from 0) is in the tree of ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    beside: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        split = _split(begin, end)
        if index < split:
            beside.append((split, end))
            end = split
        else:
            beside.append((begin, split))
            begin = split
    return [root(*span, node) for span in reversed(beside)]


def consistency(old: int, size: int, node: Node) -> list[bytes]:
    """Proof that the tree of ``old`` leaves is how the tree of ``size`` leaves begins."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves does not begin with {old}")
    if old in (0, size):
        return []
    spans: list[tuple[int, int]] = []
    begin, end = 0, size
    while end != old:
        split = _split(begin, end)
        if old <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((begin, split))
            begin = split
    if begin:
        spans.append((begin, end))
    return [root(*span, node) for span in reversed(spans)]


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Raise `BadProof` unless the leaf with this hash stands there (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    _check_form(leaf, expected, *proof)
    found = leaf
    for hash_, is_left in _beside(index, size - 1, proof):
        found = node_hash(hash_, found) if is_left else node_hash(found, hash_)
    if found != expected:
        raise BadProof("the proof leads to another root")


def check_consistency(
    old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise `BadProof` unless the one tree grew into the other (RFC 9162, 2.1.4.2)."""
    _check_form(*proof)
    if not 0 < old <= size:
        raise BadProof(f"nothing shows that a tree of {size} leaves begins with {old}")
    if old == size:
        if proof or old_root != new_root:
            raise BadProof("two roots of one size, or a proof where none is needed")
        return
    begin, *rest = _begun(old, old_root, proof)
    found = grown = begin
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    for hash_, is_left in _beside(first, last, rest):
        if is_left:
            found = node_hash(hash_, found)
        grown = node_hash(hash_, grown) if is_left else node_hash(grown, hash_)
    if found != old_root or grown != new_root:
        raise BadProof("the larger tree does not begin with the smaller one")


def _beside(first: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The way up from node ``first``: each hash, and whether it stands on the left."""
    for hash_ in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        is_left = bool(first & 1) or first == last
        yield hash_, is_left
        while is_left and first and not first & 1:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")


def _begun(old: int, old_root: bytes, proof: Sequence[bytes]) -> Sequence[bytes]:
    """The proof with what it begins with: a tree of a power of two leaves is itself a node."""
    if not proof:
        raise BadProof("the proof is too short")
    return proof if old & (old - 1) else (old_root, *proof)


def _check_form(*hashes: bytes) -> None:
    if len(hashes) > PROOF_MAX + 2:
        raise BadProof(f"more than {PROOF_MAX} hashes")
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise BadProof("a hash that is none")


def _split(begin: int, end: int) -> int:
    """Where a tree over these leaves divides: after the largest power of two that is smaller."""
    return begin + (1 << ((end - begin - 1).bit_length() - 1))
