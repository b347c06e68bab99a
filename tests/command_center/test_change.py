"""A change is what the gateway's key vouches for: by its signature, or by that of a later one."""

import msgspec
import pytest

from command_center.change import Change, read_changes
from contract.links.memory import Hub
from contract.messages import AlertChanged, SignedBytes
from tests.command_center.scripted import Gateway, alert
from tests.support.scripted_gateway import GATEWAY
from tests.support.virtual import VirtualClock, run_virtually


def said(count: int) -> tuple[Gateway, list[SignedBytes]]:
    """A gateway that said so many changes."""

    async def main() -> Gateway:
        gateway = Gateway(Hub(), VirtualClock())
        for number in range(1, count + 1):
            await gateway.tell(AlertChanged(alert=alert(f"a{number}")))
        return gateway

    gateway = run_virtually(main())
    return gateway, gateway.changes


def unsigned(signed: SignedBytes) -> SignedBytes:
    """The same words under a signature of nobody."""
    return msgspec.structs.replace(signed, sig=b"x" * 64)


def read(
    gateway: Gateway, told: list[SignedBytes], source: str = GATEWAY
) -> tuple[list[Change], list[str]]:
    """What is believed, and what is said of the rest."""
    refused: list[ValueError] = []
    changes = read_changes(
        told, gateway=source, gateway_key=gateway.key.public, refused=refused.append
    )
    return changes, [type(error).__name__ for error in refused]


def test_the_last_signature_of_a_run_vouches_for_all_of_it() -> None:
    """Each change names the hash of the one before it."""
    gateway, changes = said(5)
    told = [*map(unsigned, changes[:4]), changes[4]]
    found, refused = read(gateway, told)
    assert [one.number for one in found] == [1, 2, 3, 4, 5]
    assert refused == []
    assert [one.signed for one in found] == told


@pytest.mark.parametrize("place", range(5))
def test_what_nobody_vouches_for_is_left_out_and_the_rest_is_not(place: int) -> None:
    """Other words, or a hole behind it, and its own signature counts again."""
    gateway, changes = said(5)
    body = changes[place].body.replace(b"Seal opened", b"Nothing new")
    forged = msgspec.structs.replace(changes[place], body=body)
    found, refused = read(gateway, [*changes[:place], forged, *changes[place + 1 :]])
    assert [one.number for one in found] == [n for n in range(1, 6) if n != place + 1]
    assert refused == ["BadSignature"]
    found, refused = read(gateway, [unsigned(changes[place]), *changes[place + 2 :]])
    assert [one.number for one in found] == list(range(place + 3, 6))
    assert refused == ["BadSignature"]


def test_a_hash_is_no_word_of_another_source() -> None:
    """What hangs in the chain has to be a change of the gateway all the same."""
    gateway, changes = said(2)
    found, refused = read(gateway, changes, "/KEMBA/another")
    assert (found, refused) == ([], ["Unreadable", "Unreadable"])
