"""A live stream with an officer."""

from command_center.board import Board
from command_center.live import Live
from command_center.officers import Officer
from tests.support.virtual import VirtualClock

AMINA = Officer("Amina", "officer", "hash", posts=("*",))


def make(known: dict[str, Officer]) -> tuple[Board, Live]:
    """A live stream whose sessions are these."""
    board = Board()
    return board, Live(board=board, who=known.get, clock=VirtualClock())
