"""What a scenario file says: the ground truth of a load run, and the faults it must survive.

scenario file ─▶ script (one seed) ─▶ fleet of agents ─▶ faults ─▶ any broker
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from contract.config import BadConfig, load
from contract.identifiers import Container, NotAnIdentifier, SealId
from contract.messages import Name

SHIPPED: Final = Path(__file__).parent / "scenarios"
HAPPENINGS_MAX: Final = 1_000
"""Of each kind in one file."""
DEVICES_MAX: Final = 50_000
AGENTS_MAX: Final = 500
RATE_MAX: Final = 50.0
"""Readings of one device in a second."""
SECONDS_MAX: Final = 7 * 86_400

Share = Annotated[float, Meta(ge=0, le=0.9)]
Seconds = Annotated[float, Meta(ge=0, le=SECONDS_MAX)]
Few = Annotated[int, Meta(ge=0, le=HAPPENINGS_MAX)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key that is not known is a mistake."""


class SealHappens(_Part, frozen=True, kw_only=True):
    """``[[seal]]``: at that time the seal is opened without an officer, damaged, or gone."""

    at_s: Seconds
    seal: str
    container: str = ""
    state: Literal["opened", "damaged", "missing"] = "opened"

    def __post_init__(self) -> None:
        """Refuse what is no seal or no container."""
        try:
            SealId.parse(self.seal)
            if self.container and not Container.parse(self.container).is_checked:
                raise ValueError(f"the check digit of the container {self.container!r} is wrong")
        except NotAnIdentifier as error:
            raise ValueError(str(error)) from error


class BagHolds(_Part, frozen=True, kw_only=True):
    """``[[bag]]``: the bag of that number, from 1, holds something that a model announces."""

    bag: Annotated[int, Meta(ge=1)]
    holds: Name
    score: Annotated[float, Meta(gt=0, le=1)] = 0.9


class ValueLeaves(_Part, frozen=True, kw_only=True):
    """``[[value]]``: a metric of a device has this value between two times."""

    device: Name
    metric: Name = "temperature"
    unit: Annotated[str, Meta(max_length=16)] = "Cel"
    value: float
    from_s: Seconds
    until_s: Seconds

    def __post_init__(self) -> None:
        """Refuse a time that runs backwards."""
        if self.until_s <= self.from_s:
            raise ValueError(f"{self.device}: until_s must be later than from_s")


class SealField(_Part, frozen=True, kw_only=True):
    """``[seals]``: how many seals are in reach of the readers, and how often each is read."""

    count: Few = 0
    every_s: Annotated[float, Meta(ge=0.5)] = 10.0


class Belt(_Part, frozen=True, kw_only=True):
    """``[bags]``: a bag goes through the scanner every so many seconds; 0: there is none."""

    every_s: Seconds = 0.0
    pictures: bool = True
    """Whether the rendered pictures travel as well, or only what was seen in them."""


class FromSeed(_Part, frozen=True, kw_only=True):
    """``[random]``: happenings that the seed chooses."""

    seals_opened: Few = 0
    bags_holding: Few = 0
    drifts: Few = 0
    """Temperatures that go to 12 °C for a while."""


class Faults(_Part, frozen=True, kw_only=True):
    """``[faults]``: what goes wrong between an agent and the broker, each way, by the seed."""

    drop: Share = 0.0
    delay: Share = 0.0
    delay_s: Annotated[float, Meta(ge=0, le=60)] = 1.0
    """The longest delay."""
    repeat: Share = 0.0
    reorder: Share = 0.0
    disconnects: Few = 0
    disconnect_s: Annotated[float, Meta(gt=0, le=3_600)] = 5.0
    clock_steps: Few = 0
    clock_step_s: Annotated[float, Meta(ge=-3_600, le=3_600)] = 20.0
    """Half of the steps go so far ahead, half so far back."""


class ScenarioFile(_Part, frozen=True, kw_only=True):
    """A whole scenario."""

    title: Name
    seconds: Annotated[float, Meta(ge=1, le=SECONDS_MAX)] = 120.0
    devices: Annotated[int, Meta(ge=1, le=DEVICES_MAX)] = 100
    rate: Annotated[float, Meta(ge=0.01, le=RATE_MAX)] = 1.0
    agents: Annotated[int, Meta(ge=0, le=AGENTS_MAX)] = 0
    """0: one for each hundred devices."""
    seals: SealField = SealField()
    bags: Belt = Belt()
    seal: Annotated[tuple[SealHappens, ...], Meta(max_length=HAPPENINGS_MAX)] = ()
    bag: Annotated[tuple[BagHolds, ...], Meta(max_length=HAPPENINGS_MAX)] = ()
    value: Annotated[tuple[ValueLeaves, ...], Meta(max_length=HAPPENINGS_MAX)] = ()
    random: FromSeed = FromSeed()
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        """Refuse happenings that could never happen."""
        self._check_times()
        self._check_bags()
        self._check_once()

    def _check_times(self) -> None:
        for what, at_s in (
            *((f"seal {one.seal}", one.at_s) for one in self.seal),
            *((f"device {one.device}", one.until_s) for one in self.value),
        ):
            if at_s > self.seconds:
                raise ValueError(
                    f"{what}: {at_s:g} s is after the end of the scenario, {self.seconds:g} s"
                )

    def _check_bags(self) -> None:
        if (self.bag or self.random.bags_holding) and not self.bags.every_s:
            raise ValueError("no bag is on the belt: set every_s in [bags]")
        for one in self.bag:
            if one.bag * self.bags.every_s > self.seconds:
                raise ValueError(f"bag {one.bag} comes after the end, {self.seconds:g} s")

    def _check_once(self) -> None:
        bags = [one.bag for one in self.bag]
        if len(set(bags)) < len(bags):
            raise ValueError("a bag is named twice")
        seals = [one.seal for one in self.seal]
        if len(set(seals)) < len(seals):
            raise ValueError("a seal is named twice: it can be broken only once")
        spans = sorted((v.device, v.metric, v.from_s, v.until_s) for v in self.value)
        for one, other in pairwise(spans):
            if one[:2] == other[:2] and other[2] < one[3]:
                raise ValueError(f"{one[0]} has two values of {one[1]} at {other[2]:g} s")
        if len({v.device for v in self.value}) > self.devices:
            raise ValueError(f"more devices are named than there are: devices = {self.devices}")


def find(name: str) -> Path:
    """The file of that path, or the one of that name that comes with Greenlane."""
    path = Path(name)
    shipped = SHIPPED / f"{name}.toml"
    if path.exists() or not shipped.is_file():
        return path
    return shipped


def read_file(name: str) -> ScenarioFile:
    """Read a scenario; raise `BadConfig` with one sentence."""
    try:
        return load(find(name), ScenarioFile)
    except BadConfig as error:
        if Path(name).suffix or Path(name).exists():
            raise
        known = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))
        raise BadConfig(f"no scenario {name!r}: give a file, or one of {known}") from error


def resized(scenario: ScenarioFile, sizes: dict[str, float]) -> ScenarioFile:
    """The scenario with other ``devices``, ``rate``, ``seconds`` or ``agents``.

    What would come after an earlier end is left out. Raises `ValueError` for a size that is none.
    """
    fields = {name: getattr(scenario, name) for name in scenario.__struct_fields__}
    fields |= sizes
    end_s = fields["seconds"]
    every_s = scenario.bags.every_s
    fields["seal"] = tuple(one for one in scenario.seal if one.at_s <= end_s)
    fields["bag"] = tuple(one for one in scenario.bag if one.bag * every_s <= end_s)
    fields["value"] = tuple(one for one in scenario.value if one.until_s <= end_s)
    return msgspec.convert(msgspec.to_builtins(fields), ScenarioFile)
