"""A command center's metrics: who may read them, and what they count."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from command_center.config import AlertTopicsConfig
from contract.clock import SystemClock
from contract.links.memory import Hub
from contract.messages import AlertChanged
from tests.command_center.desk import WAIT_S, config, running, running_as
from tests.command_center.scripted import Gateway, alert

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


async def test_alert_topics_are_counted_where_they_are_on(tmp_path: Path) -> None:
    """What was passed on, and whether the broker passes on at all."""
    gateway = Gateway(Hub(), SystemClock())
    known = config(tmp_path / "center", gateway.key.public)
    on = msgspec.structs.replace(known, alert_topics=AlertTopicsConfig(enabled=True))
    async with gateway.running(), running_as(on, gateway.hub) as desk:
        await desk.sign_in_first()
        await gateway.tell(AlertChanged(alert=alert("a1")))
        values: dict[str, float] = {}
        async with asyncio.timeout(WAIT_S):
            while not values.get("greenlane_alert_topics_said_total"):
                text = (await desk.client.get("/metrics")).text
                families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # no types
                values = {one.name: one.value for family in families for one in family.samples}
                await asyncio.sleep(0.05)
    assert values["greenlane_alert_topics_said_total"] == 1
    assert values["greenlane_alert_topics_live"] == 1
