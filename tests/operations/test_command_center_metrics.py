"""A command center's metrics: who may read them, and what they count."""

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from contract.clock import SystemClock
from contract.links.memory import Hub
from tests.command_center.desk import running
from tests.command_center.scripted import Gateway

pytestmark = pytest.mark.anyio


async def test_metrics_are_for_an_admin_or_a_token_for_every_post(tmp_path: Path) -> None:
    """Nobody: 401; a token for one post: 403; an admin, or a token for all posts: the counters."""
    gateway = Gateway(Hub(), SystemClock())
    async with gateway.running(), running(tmp_path / "center", gateway) as desk:
        assert (await desk.client.get("/metrics")).status_code == 401
        await desk.sign_in_first()
        answer = await desk.client.get("/metrics")
        assert answer.status_code == 200
        one, every = await desk.token("KEMBA"), await desk.token("*")
        desk.client.cookies.clear()
        assert (await desk.client.get("/metrics", headers=one)).status_code == 403
        assert (await desk.client.get("/metrics", headers=every)).status_code == 200
        wrong = {"Authorization": "Bearer glt_no"}
        assert (await desk.client.get("/metrics", headers=wrong)).status_code == 401
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]  # no types
    assert families["greenlane_websocket_clients"].samples[0].value == 0
    assert "greenlane_outbox_shed" in families
