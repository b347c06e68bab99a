"""Who knocks without a key is told of, under however many names."""

from contract.link import Packet
from contract.topics import topic
from gateway.intake.knocks import SOURCES_MAX, TELL_FROM, Knocks
from gateway.intake.quarantine import Suspect
from tests.support.virtual import VirtualClock, run_virtually


def test_noise_that_was_told_hides_no_revoked_key() -> None:
    """Whoever knocks ten times just before does not make the next minute the thief's."""

    async def main() -> None:
        knocks = Knocks(VirtualClock())
        packet = Packet(topic=topic("/KEMBA/lane-1", "events"), body=b"")
        noise = Suspect(packet, "0" * 64, "no key")
        assert knocks.heard([noise] * TELL_FROM)
        [told] = knocks.heard([noise, Suspect(packet, "1" * 64, "it was revoked", "k1")])
        assert told.revoked_key == "k1"

    run_virtually(main())


def test_names_without_end_take_no_memory_without_end() -> None:
    """Each name is told of once, and forgotten with the others when there are too many."""

    async def main() -> None:
        knocks = Knocks(VirtualClock())
        told = 0
        for number in range(3 * SOURCES_MAX):
            at = topic(f"/KEMBA/n{number}", "events")
            suspects = [Suspect(Packet(topic=at, body=b""), "0" * 64, "no key")] * TELL_FROM
            told += len(knocks.heard(suspects))
            assert len(knocks._told) <= SOURCES_MAX
            assert len(knocks._counts) <= SOURCES_MAX
        assert 2.9 * SOURCES_MAX < told <= 3 * SOURCES_MAX

    run_virtually(main())
