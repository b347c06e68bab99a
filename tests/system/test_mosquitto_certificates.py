"""How a box gets its certificate: with a code, over its link, and after a year in a store room."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.certificate import Papers, keep_renewed, renew
from contract.identifiers import Source
from contract.link import Rejected, Unavailable
from contract.links.mqtt import dialler
from contract.signing import Key
from edge.identity import Credentials, StateDir, enrol
from gateway.trust.authority import Authority
from gateway.trust.codes import make_code
from tests.system.secured import (
    LONG_AGO,
    Secured,
    gateway_at,
    hear_without_end,
    paper,
    speaks,
    until_answered,
)

pytestmark = [pytest.mark.system, pytest.mark.anyio]


BOX = Source("/KEMBA/lane-3")


async def test_a_box_gets_its_certificate_when_it_enrols_and_renews_it(
    secured: Secured, tmp_path: Path
) -> None:
    """Through the door with a code; then over its link; and through the door after long absence."""
    state, clock = StateDir(tmp_path / "box"), SystemClock()
    async with gateway_at(secured):
        with pytest.raises(Rejected):
            await hear_without_end(secured.dial_with(state.papers))
        code = make_code(secured.gateway_state, BOX, clock)
        door = dialler(secured.config.door())
        await until_answered(
            lambda: enrol(BOX, state, door, code=code, clock=clock, is_certified=True)
        )
        dial = secured.dial_with(state.papers)
        credentials = Credentials.load(state, BOX)
        first_paper = state.papers.own.read_text()
        await speaks(dial, BOX.name)
        await renew(
            dial,
            state.papers,
            source=BOX,
            key=credentials.key,
            gateway_key=credentials.gateway_key,
            clock=clock,
        )
        second_paper = state.papers.own.read_text()
        assert second_paper != first_paper
        await speaks(dial, BOX.name)
        # A year in a store room: what it has does not count any more, and it knows.
        authority = Authority.load(secured.gateway_state / "authority")
        assert authority is not None
        paper(
            *(state.papers.folder, BOX.name),
            by=authority,
            trusts=authority,
            at=datetime.now(UTC) - LONG_AGO,
        )
        with pytest.raises((Rejected, Unavailable)):
            await hear_without_end(dial)
        keeping = asyncio.ensure_future(
            keep_renewed(
                (dial, door),
                state.papers,
                source=BOX,
                key=credentials.key,
                gateway_key=credentials.gateway_key,
                clock=clock,
            )
        )
        async with asyncio.timeout(60):
            while state.papers.renew_at is None or state.papers.renew_at < datetime.now(UTC):
                await asyncio.sleep(0.1)
        keeping.cancel()
        await asyncio.wait({keeping})
        await speaks(dial, BOX.name)


async def test_nobody_gets_a_certificate_for_a_key_that_is_not_enrolled(
    secured: Secured, tmp_path: Path
) -> None:
    """The gateway does not answer who does not sign as the source; its papers stay as they were."""
    clock, stranger = SystemClock(), Key.make()
    async with gateway_at(secured):
        with pytest.raises(Unavailable):
            await renew(
                dialler(secured.config.door()),
                Papers(tmp_path),
                source=BOX,
                key=stranger,
                gateway_key=stranger.public,
                clock=clock,
            )
    assert not Papers(tmp_path).own.exists()
