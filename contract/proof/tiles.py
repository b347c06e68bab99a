"""How the tree's hashes are stored: tiles of 256, and the right edge that grows. Pure.

A tile at level L holds 256 neighbouring hashes of subtrees over ``256 ** L`` leaves each (the
division of C2SP tlog-tiles). Hashes between two levels are computed again when a proof needs them:
a leaf costs 32 bytes and two hashes, a proof some hundred hashes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from contract.proof.merkle import EMPTY, HASH_BYTES, Node, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""Hashes of a full tile."""


class Place(NamedTuple):
    """Which tile."""

    level: int
    number: int


class Tile(NamedTuple):
    """Some hashes behind each other; fewer than `WIDTH` at the right edge of the tree."""

    place: Place
    hashes: bytes


class Edge:
    """The right edge of a growing tree: for each level the tile that is not full yet."""

    def __init__(
        self,
        size: int = 0,
        levels: Sequence[Sequence[bytes]] = ((),),
        full: Sequence[int] = (0,),
    ) -> None:
        self.size = size
        """Leaves."""
        self._levels: list[list[bytes]] = [list(hashes) for hashes in levels]
        self._full: list[int] = list(full)

    def append(self, leaves: Iterable[bytes]) -> list[Tile]:
        """Put these hashes of leaves in; returns the tiles that became full by it."""
        full: list[Tile] = []
        for leaf in leaves:
            self._levels[0].append(leaf)
            self.size += 1
            if len(self._levels[0]) == WIDTH:
                self._carry(full)
        return full

    def partial(self) -> list[Tile]:
        """The tiles that are not full yet."""
        return [
            Tile(Place(level, self._full[level]), b"".join(hashes))
            for level, hashes in enumerate(self._levels)
            if hashes
        ]

    def root(self) -> bytes:
        """The root of the tree as it is."""
        found: bytes | None = None
        for hashes in self._levels:
            end = len(hashes)
            while end:
                width = end & -end
                left = _joined(hashes[end - width : end])
                found = left if found is None else node_hash(left, found)
                end -= width
        return EMPTY if found is None else found

    def _carry(self, full: list[Tile]) -> None:
        level = 0
        while len(self._levels[level]) == WIDTH:
            hashes = self._levels[level]
            full.append(Tile(Place(level, self._full[level]), b"".join(hashes)))
            self._levels[level] = []
            self._full[level] += 1
            if level + 1 == len(self._levels):
                self._levels.append([])
                self._full.append(0)
            self._levels[level + 1].append(_joined(hashes))
            level += 1


Read = Callable[[Place], bytes]
"""The hashes of a stored tile; `LookupError` if it is not there."""


def edge_of(size: int, read: Read) -> Edge:
    """The edge of a stored tree of ``size`` leaves; raises `LookupError` if a hash is missing."""
    levels: list[list[bytes]] = []
    fulls: list[int] = []
    left = size
    while left or not levels:
        full, rest = divmod(left, WIDTH)
        place = Place(len(levels), full)
        levels.append(_hashes(read, place, 0, rest) if rest else [])
        fulls.append(full)
        left = full
    return Edge(size, levels, fulls)


def node_in(read: Read) -> Node:
    """The nodes of a stored tree, for proofs; raises `LookupError` if a hash is missing."""

    def node(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        place = Place(tile_level, first // WIDTH)
        return _joined(_hashes(read, place, first % WIDTH, 1 << above))

    return node


def _hashes(read: Read, place: Place, start: int, count: int) -> list[bytes]:
    found = read(place)
    end = (start + count) * HASH_BYTES
    if len(found) < end:
        raise LookupError(f"tile {place.level}/{place.number} has no hash {start + count - 1}")
    return [found[at : at + HASH_BYTES] for at in range(start * HASH_BYTES, end, HASH_BYTES)]


def _joined(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
