"""What every connection to a broker has in common: it is heard while it stands, and no longer."""

import pytest

from contract.link import Unavailable
from contract.links.connection import Connection
from contract.links.subscriber import Packet, Parser, Said

SAID = b"\x30\x06\x00\x01t\x00on"


class Listening(Connection[Packet]):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__("here", Parser(), keepalive_s=20, timeout_s=1)
        self.taken: list[Packet] = []
        self.errors: list[Unavailable] = []

    def take(self, arrived: list[Packet]) -> None:
        """See `Connection`."""
        self.taken += arrived

    def tell(self, error: Unavailable) -> None:
        """See `Connection`."""
        self.errors.append(error)


@pytest.mark.anyio
async def test_what_comes_behind_the_end_of_a_connection_is_not_heard() -> None:
    """Over TLS bytes may come until it is closed, when the next connection has spoken already."""
    connection = Listening()
    connection.data_received(SAID)
    assert connection.taken == [Said(b"t", b"on", 0, is_retained=False)]
    await connection.leave()
    connection.connection_lost(None)
    connection.data_received(SAID)
    assert len(connection.taken) == 1
    assert [str(error) for error in connection.errors] == [
        "the broker at here: closed the connection"
    ]


@pytest.mark.anyio
async def test_bytes_that_are_no_mqtt_end_it() -> None:
    """And everybody who waits is told why, once."""
    connection = Listening()
    connection.data_received(b"\x30" + b"\xff" * 8)
    connection.data_received(SAID)
    assert not connection.taken
    assert ["does not speak MQTT 5" in str(error) for error in connection.errors] == [True]
