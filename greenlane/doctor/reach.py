"""What has to answer: the broker and the stores of time series, each asked and named if not."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from greenlane.doctor.finding import Finding, advice, well

if TYPE_CHECKING:
    from gateway.timeseries.sinks import SinkConfig

ANSWER_S_MAX: Final = 15.0


async def broker(config: BrokerConfig, *, name: str) -> Finding:
    """Whether the broker lets us in; ``name`` begins the client id."""
    where = f"{config.host}:{config.port}"
    try:
        async with (
            asyncio.timeout(ANSWER_S_MAX),
            dialler(config)(f"{name}-doctor-{secrets.token_hex(4)}"),
        ):
            pass
    except Rejected as error:
        return advice(
            "broker",
            f"{error}; compare [broker] (username, password_file, certificates) with what the "
            "broker knows, its log says which it refuses",
        )
    except Unavailable as error:
        return advice("broker", f"{error}; is it running, is the port open, are host and CA right?")
    except TimeoutError:
        return advice("broker", f"{where} did not answer in {ANSWER_S_MAX:.0f} s")
    kind = "TLS" if config.ca_file else "without TLS"
    return well("broker", f"{where} lets us in, {kind}")


async def sink(name: str, config: "SinkConfig", state: Path, clock: Clock) -> Finding:
    """Whether a store answers; asks a question and makes nothing."""
    from gateway.timeseries.sink import Place
    from gateway.timeseries.sinks import EmbeddedConfig, Influx1Config, open_sink

    about = f"sink {name}"
    if isinstance(config, EmbeddedConfig):
        return well(about, f"embedded in {state / config.file}: nothing to reach")
    is_made = isinstance(config, Influx1Config) and config.is_created
    if isinstance(config, Influx1Config):
        config = msgspec.structs.replace(config, is_created=False)
    try:
        async with asyncio.timeout(ANSWER_S_MAX), AsyncExitStack() as stack:
            place = Place(state_dir=state, clock=clock)
            store = await stack.enter_async_context(open_sink(config, place))
            await store.series()
    except (Rejected, Unavailable) as error:
        if is_made and "database not found" in str(error):
            return well(about, f"{config.url} answers; the gateway makes the database")
        return advice(about, f"{error}; the journal keeps everything until it answers")
    except TimeoutError:
        return advice(about, f"{config.url} did not answer in {ANSWER_S_MAX:.0f} s")
    return well(about, f"{config.url} answers")
