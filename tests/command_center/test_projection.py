"""The board on disk: what is there after a restart is one board, never two."""

from pathlib import Path

from command_center.board import Thing
from command_center.change import Change, read_change
from command_center.contiguity import Head
from command_center.projection import Projection
from contract.messages import GENESIS, AlertChanged, Identity, Stamp, compose
from contract.signing import Key
from tests.command_center.scripted import alert
from tests.support.scripted_gateway import GATEWAY
from tests.support.virtual import START, run_virtually

KEY = Key.make()


def change(epoch: str, number: int, of: str) -> Change:
    """Of an alert, signed."""
    body = compose(
        AlertChanged(alert=alert(of)),
        source=GATEWAY,
        stamp=Stamp(observed_at=START, boot_id="b", monotonic_ns=number),
        identity=Identity(GATEWAY, "changes", epoch, number),  # type: ignore[arg-type]  # the gateway's own stream
        previous=GENESIS,
    )
    return read_change(KEY.seal(body), gateway=GATEWAY, gateway_key=KEY.public)


def test_who_begins_anew_finds_nothing_of_before(tmp_path: Path) -> None:
    """A restored gateway tells everything again; what it no longer knows must not come back."""
    former, other = "a" * 16, "b" * 16

    async def main() -> None:
        async with Projection.open(tmp_path / "board.sqlite") as projection:
            for epoch, number, of, is_fresh in (
                (former, 1, "a1", False),
                (former, 2, "a2", False),
                (other, 1, "a3", True),
                (other, 2, "a4", False),
            ):
                one = change(epoch, number, of)
                head = Head(epoch, number, one.hash)
                await projection.store(
                    head, {Thing("alert", of): one}, heard_at=START, is_fresh=is_fresh
                )
        async with Projection.open(tmp_path / "board.sqlite") as projection:
            stored = await projection.load(gateway=GATEWAY, gateway_key=KEY.public)
        assert {one.id for one in stored.board.snapshot().alerts} == {"a3", "a4"}
        assert (stored.head.epoch, stored.head.number) == (other, 2)
        assert stored.heard_at == START

    run_virtually(main())
