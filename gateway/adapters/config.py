"""What a gateway is told about devices that are not ours: ``[[foreign]]`` in its TOML file."""

import difflib
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.identifiers import Post, Source
from contract.link import Rejected
from contract.pattern import whole
from gateway.adapters.pattern import Pattern
from gateway.adapters.profile import Profile, adjusted
from gateway.adapters.profiles import PROFILES
from gateway.adapters.route import Route
from gateway.adapters.row import Label
from gateway.adapters.unit import nearest_unit

FOREIGN_MAX: Final = 100
"""Tables ``[[foreign]]``."""
PREFIX: Final = "foreign-"
"""Sources with such names are not enrolled: they are the gateway's own word for strangers."""


TABLES: Final = ("reading", "seal", "scan")
"""Measurements that are not for strangers alone."""


class ForeignConfig(Route, frozen=True, kw_only=True):
    """Some devices that are not ours: by a profile, or by one route that is written here."""

    name: Annotated[str, Meta(pattern=whole("[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?"))]
    """They appear as the source ``/POST/foreign-NAME``."""
    profile: str = ""
    """One of `PROFILES`; empty for the route in this table."""
    base: Annotated[str, Meta(max_length=100)] | None = None
    """The prefix of a profile's topics; none for the one that the firmware comes with."""
    post: Annotated[str, Meta(pattern=whole(f"({Post.form.pattern})?"))] = ""
    """Where they stand; empty for the gateway's first post."""
    lane: Annotated[str, Meta(max_length=40)] = ""

    def source(self, posts: Sequence[str]) -> Source:
        """Under which name they appear."""
        if self.post and self.post not in posts:
            raise self._wrong(
                f"post = {self.post!r} is none of this gateway's ({', '.join(posts)})"
            )
        return Source.of(self.post or posts[0], f"{PREFIX}{self.name}")

    table: Annotated[str, Meta(pattern=whole("([a-z][a-z0-9_]{0,39})?"))] = ""
    """Where set, each message is one point of this measurement, with a field for each metric, and
    not a reading for each: a tenth of the work. For dashboards of your own: ours draws readings.
    """

    @property
    def label(self) -> Label:
        """What all messages of it have in common."""
        if self.table in TABLES:
            raise self._wrong(f"table = {self.table!r} is a measurement of our own; choose another")
        title = self._profile().title if self.profile else "plain MQTT"
        return Label(title=title, lane=self.lane, table=self.table)

    def routes(self) -> tuple[Route, ...]:
        """In the order in which they are tried; raises `Rejected` for a mistake."""
        routes = self._profiled() if self.profile else (self._own(),)
        for route in routes:
            self._check(route)
        return routes

    def _profile(self) -> Profile:
        profile = PROFILES.get(self.profile)
        if profile is None:
            near = difflib.get_close_matches(self.profile, PROFILES, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(PROFILES)}"
            raise self._wrong(f"no profile is called {self.profile!r}; {advice}")
        return profile

    def _profiled(self) -> tuple[Route, ...]:
        profile = self._profile()
        for key in ("topic", "device", "time", "metric", "must_say"):
            if getattr(self, key):
                raise self._wrong(f"{key} is the profile's to say; leave out one of the two")
        base = (profile.base if self.base is None else self.base).strip("/")
        return tuple(adjusted(r, self) for r in profile.routes(f"{base}/" if base else ""))

    def _own(self) -> Route:
        if not self.topic:
            raise self._wrong(f"needs a topic, or a profile ({', '.join(PROFILES)})")
        if self.base is not None:
            raise self._wrong("base goes with a profile; write it into the topic")
        return Route(**{key: getattr(self, key) for key in Route.__struct_fields__})

    def _check(self, route: Route) -> None:
        try:
            names = Pattern(route.topic).names
        except Rejected as error:
            raise self._wrong(str(error)) from error
        if route.payload == "nothing":
            return
        if route.device and (route.payload != "object" or "device" in names):
            raise self._wrong("device is in the topic or in a field of an object, not in both")
        if not route.device and "device" not in names:
            raise self._wrong(f"topic {route.topic!r} has no {{device}}, and device names no field")
        if route.payload == "value" and bool(route.metric) == ("metric" in names):
            raise self._wrong("a single value is a {metric} of the topic or a metric, one of both")
        if route.payload != "object" and (route.time or route.must_say):
            raise self._wrong("only an object has a field for the time")
        self._check_units(route)

    def _check_units(self, route: Route) -> None:
        for path, metric in route.metrics.items():
            near = nearest_unit(metric.unit)
            if near is not None:
                advice = f"; did you mean {near!r}?" if near else ""
                raise self._wrong(f"unit {metric.unit!r} of {path} is not SenML's{advice}")

    def _wrong(self, why: str) -> Rejected:
        return Rejected(f"[[foreign]] {self.name!r}: {why}")


class Adapter(msgspec.Struct, frozen=True, kw_only=True):
    """A `ForeignConfig` that was found right."""

    source: Source
    label: Label
    routes: tuple[Route, ...]

    @property
    def filters(self) -> list[str]:
        """The MQTT topic filters to hear."""
        heard = (Pattern(route.topic).filter for route in self.routes if route.payload != "nothing")
        return list(dict.fromkeys(heard))


def adapters(configs: Sequence[ForeignConfig], posts: Sequence[str]) -> tuple[Adapter, ...]:
    """All of them; raises `Rejected` for the first mistake, in one sentence."""
    if len(configs) > FOREIGN_MAX:
        raise Rejected(f"{len(configs)} tables [[foreign]]; the most is {FOREIGN_MAX}")
    made = [
        Adapter(source=one.source(posts), label=one.label, routes=one.routes()) for one in configs
    ]
    for index, one in enumerate(made):
        if one.source in (other.source for other in made[:index]):
            raise Rejected(f"two tables [[foreign]] make the source {one.source}: name one anew")
    return tuple(made)
