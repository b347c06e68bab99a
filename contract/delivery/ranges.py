"""Sets of message numbers as inclusive ranges: small however many numbers are in them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Range(NamedTuple):
    """The numbers from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1


class Ranges:
    """A set of positive integers, kept as sorted ranges that neither meet nor overlap."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[Range] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int) -> None:
        """Put the numbers from ``first`` to ``last`` in."""
        if last < first:
            return
        ranges = self._ranges
        if ranges and ranges[-1].last == first - 1:  # what comes next, as nearly always
            ranges[-1] = Range(ranges[-1].first, last)
            return
        low = self._index(first - 1)
        high = low
        while high < len(ranges) and ranges[high].first <= last + 1:
            high += 1
        if high > low:
            first = min(first, ranges[low].first)
            last = max(last, ranges[high - 1].last)
        ranges[low:high] = [Range(first, last)]

    def remove(self, first: int, last: int) -> None:
        """Take the numbers from ``first`` to ``last`` out."""
        if last < first:
            return
        ranges = self._ranges
        low = self._index(first)
        high = low
        rest: list[Range] = []
        while high < len(ranges) and ranges[high].first <= last:
            a, b = ranges[high]
            if a < first:
                rest.append(Range(a, first - 1))
            if b > last:
                rest.append(Range(last + 1, b))
            high += 1
        ranges[low:high] = rest

    def __contains__(self, number: int) -> bool:
        index = self._index(number)
        return index < len(self._ranges) and self._ranges[index].first <= number

    def within(self, first: int, last: int) -> Iterator[Range]:
        """The parts of this set between ``first`` and ``last``."""
        for index in range(self._index(first), len(self._ranges)):
            a, b = self._ranges[index]
            if a > last:
                return
            yield Range(max(a, first), min(b, last))

    def gaps(self, first: int, last: int) -> Iterator[Range]:
        """The numbers between ``first`` and ``last`` that are not in this set."""
        at = first
        for a, b in self.within(first, last):
            if a > at:
                yield Range(at, a - 1)
            at = b + 1
        if at <= last:
            yield Range(at, last)

    @property
    def size(self) -> int:
        """How many numbers are in the set."""
        return sum(r.size for r in self._ranges)

    def __iter__(self) -> Iterator[Range]:
        return iter(self._ranges)

    def __len__(self) -> int:
        """How many ranges it takes."""
        return len(self._ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self._ranges == other._ranges

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Ranges({[tuple(r) for r in self._ranges]})"

    def _index(self, number: int) -> int:
        """The index of the first range that ends at or after ``number``."""
        if not self._ranges or self._ranges[-1].last < number:  # what is new, as nearly always
            return len(self._ranges)
        index = bisect_right(self._ranges, number, key=lambda r: r.last)
        return index - 1 if index and self._ranges[index - 1].last >= number else index
