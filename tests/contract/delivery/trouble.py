"""What the network and the power do to a source and its gateway, in any order."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.contract.delivery.world import World


class Trouble(RuleBasedStateMachine):
    """Say, drop, repeat, reorder, restart; what else may happen is said by who takes it over."""

    world: World

    @rule(count=st.integers(1, 5), urgent=st.booleans())
    def say(self, count: int, urgent: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Something happens at the border."""
        for _ in range(count):
            self.world.say(urgent=urgent)

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 20.0, 40.0]))
    def wait(self, seconds: float) -> None:
        """Time passes, and what is due goes out."""
        self.world.now += seconds
        self.world.send()

    @precondition(lambda self: self.world.up)
    @rule(data=st.data(), how=st.sampled_from(["arrive", "repeat", "drop", "all"]))
    def carry(self, data: st.DataObject, how: str) -> None:
        """A message arrives, out of its turn, twice, or never."""
        if how == "all":
            up, self.world.up[:] = list(self.world.up), []
            for packet in up:
                self.world.arrive(packet)
            return
        index = data.draw(st.integers(0, len(self.world.up) - 1))
        packet = self.world.up[index] if how == "repeat" else self.world.up.pop(index)
        if how != "drop":
            self.world.arrive(packet)

    @rule()
    def receipt(self) -> None:
        """The gateway says what it has."""
        self.world.receipt()

    @precondition(lambda self: self.world.down)
    @rule(data=st.data(), how=st.sampled_from(["hear", "repeat", "drop"]))
    def answer(self, data: st.DataObject, how: str) -> None:
        """A receipt arrives, out of its turn, twice, or never."""
        index = data.draw(st.integers(0, len(self.world.down) - 1))
        receipt = self.world.down[index] if how == "repeat" else self.world.down.pop(index)
        if how != "drop":
            self.world.hear(receipt)

    @rule()
    def cut(self) -> None:
        """The link breaks, and everything on it is gone; the source dials again."""
        self.world.up.clear()
        self.world.down.clear()
        self.world.source.sender.redialled(self.world.now)
        self.world.say_born()

    @rule()
    def power_cut(self) -> None:
        """The box starts again."""
        self.world.up.clear()
        self.world.down.clear()
        self.world.start_source()

    @invariant()
    def nothing_is_a_fork(self) -> None:
        """An honest source never says two things under one number."""
        if hasattr(self, "world"):
            assert not self.world.forks

    def teardown(self) -> None:
        """When the faults end, everything is settled."""
        if hasattr(self, "world"):
            self.world.settle()
            self.world.check()
