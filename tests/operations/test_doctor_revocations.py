"""The doctor on revoked boxes: whether the broker keeps them out, and throws them out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.delivery.certificate import Papers
from contract.links.mqtt import BrokerConfig
from gateway.trust.authority import Authority
from gateway.trust.forms import LIST_LASTS
from greenlane.certified import secured
from greenlane.doctor import revocations
from tests.system.secured import secured_post
from tests.system.servers import mosquitto

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_list_of_revoked_certificates_that_ends_is_named_in_time(tmp_path: Path) -> None:
    """Two months before; and if it is not there; nothing without an authority."""
    assert revocations.listed(tmp_path, NOW) == []
    Authority.make(tmp_path, "KEMBA", NOW).keep_list({"7"}, NOW)
    (there,) = revocations.listed(tmp_path, NOW)
    assert there.is_ok
    assert there.says.startswith("1 in ")
    (ending,) = revocations.listed(tmp_path, NOW + LIST_LASTS - timedelta(days=50))
    assert "lets nobody in" in ending.says
    (tmp_path / "ca.crl").unlink()
    assert not revocations.listed(tmp_path, NOW)[0].is_ok


@pytest.mark.anyio
async def test_a_broker_without_our_plugin_is_named(tmp_path: Path) -> None:
    """One of the delivered configuration answers; nothing is asked without an authority."""
    with secured_post(tmp_path / "post") as post:
        authority = post.gateway_state / "authority"
        broker = secured(post.config, Papers(post.directory / "gateway"))
        (found,) = await revocations.dismissal(broker, authority, name="x")
        assert found.is_ok
        assert await revocations.dismissal(broker, tmp_path, name="x") == []
        with mosquitto(tmp_path / "another") as server:
            another = BrokerConfig(port=server.port)
            (found,) = await revocations.dismissal(another, authority, name="x")
        assert "dynamic-security.json" in found.says
        assert await revocations.dismissal(another, authority, name="x") == []
