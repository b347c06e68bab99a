"""Judges a journal anew, from its file alone: the same changes, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

from gateway.changes import Chain
from gateway.journal import entries, identity_of
from gateway.judge import judge
from gateway.state import State


def replay(path: Path, source: str) -> Iterator[bytes]:
    """The bytes of every change that the gateway called ``source`` makes of this journal."""
    chain = Chain(source, identity_of(path))
    state = State()
    for entry in entries(path):
        for change in chain.write(judge(state, entry), entry):
            yield change.body
