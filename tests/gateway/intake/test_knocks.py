"""Who knocks without a key is told of, under however many names."""

from contract.link import Packet
from contract.topics import topic
from gateway.intake.knocks import SOURCES_MAX, TELL_FROM, Knocks
from gateway.intake.quarantine import Suspect
from tests.support.virtual import VirtualClock, run_virtually


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
