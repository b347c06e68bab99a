"""The idea of an adapter: routes, each from one pattern of topics to readings. All of it is data.

A route stands in the journal beside the payloads that were read by it, so a replay needs no
configuration: a device that is not ours can be understood anew, and then was, only from there on.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.pattern import whole

Path = Annotated[str, Meta(min_length=1, max_length=200)]
"""Names of fields from the outside in, with dots between them: ``AM2301.Temperature``."""
Unit = Annotated[str, Meta(max_length=16)]
"""By the SenML registry (RFC 8428 and RFC 8798)."""
MetricName = Annotated[str, Meta(max_length=80)]
TimeUnit = Literal["s", "ms", "us", "ns", "rfc3339"]
Payload = Literal["object", "value", "presence", "nothing"]
"""``object``: JSON, each number a metric. ``value``: one number, boolean or ON or OFF as text.
``presence``: online or offline. ``nothing``: not for us."""


class Setting(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A key that is not known is a mistake."""


class Metric(Setting, frozen=True, kw_only=True):
    """What a field is called and measured in."""

    name: MetricName = ""
    """Empty for the name of the field."""
    unit: Unit = ""


class Route(Setting, frozen=True, kw_only=True):
    """How what comes on some topics is read."""

    topic: Annotated[str, Meta(max_length=200)] = ""
    """Levels with names in braces: ``bench/{device}/telemetry``. ``{device+}`` is one or more."""
    payload: Payload = "object"
    device: Annotated[str, Meta(max_length=200)] = ""
    """The field that names the device, where no level of the topic does."""
    time: Annotated[str, Meta(max_length=200)] = ""
    """The field with the time of the observation; without it, the time of arrival."""
    time_unit: TimeUnit = "rfc3339"
    """Of a time that is a number; one that is a text is RFC 3339 always."""
    utc_offset: Annotated[str, Meta(pattern=whole("([+-][0-9]{2}:[0-9]{2})?"))] = ""
    """Where times are texts without a zone: the zone that they mean, like ``+03:00``."""
    metric: MetricName = ""
    """For ``payload = "value"``: what the value is; empty where the topic has a {metric}."""
    metrics: dict[Path, Metric] = {}
    """Fields (or, for single values, metrics) by their path: names and units."""
    only: bool | None = None
    """Whether fields outside of `metrics` are left out; by default, if there are any in it."""
    ignore: Annotated[tuple[Path, ...], Meta(max_length=200)] = ()
    """Fields that are no metrics, with all inside them."""
    must_say: dict[Path, str] = {}
    """Fields that must have this value where they are there (a unit that we rely on)."""

    @property
    def is_only(self) -> bool:
        """Whether fields outside of `metrics` are left out."""
        return bool(self.metrics) if self.only is None else self.only
