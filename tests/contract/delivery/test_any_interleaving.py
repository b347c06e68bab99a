"""Whatever the network, the card and the gateway do: sent = kept + declared lost."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from contract.messages import Identity
from tests.contract.delivery.trouble import Trouble
from tests.contract.delivery.world import World


class Interleaving(Trouble):
    """Cards and journals are copied and restored, too."""

    @initialize(messages_max=st.sampled_from([6, 15, 1_000]))
    def begin(self, messages_max: int) -> None:
        """A new box, a new journal."""
        self.world = World(messages_max=messages_max)
        self.cards = [self.world.take_card_copy()]
        self.journals: list[dict[Identity, bytes]] = [{}]

    @rule()
    def copy_card(self) -> None:
        """Somebody makes an image of the card."""
        self.cards.append(self.world.take_card_copy())

    @rule(data=st.data())
    def restore_card(self, data: st.DataObject) -> None:
        """Somebody writes an image back."""
        copy = data.draw(st.sampled_from(range(len(self.cards))))
        self.world.up.clear()
        self.world.down.clear()
        self.world.restore_card(self.cards[copy])

    @rule()
    def restart_gateway(self) -> None:
        """The gateway starts again: its ledger is a fold over its journal."""
        self.world.restart_gateway()

    @rule()
    def copy_journal(self) -> None:
        """A backup of the gateway."""
        self.journals.append(dict(self.world.kept))

    @rule(data=st.data())
    def restore_gateway(self, data: st.DataObject) -> None:
        """Yesterday's backup comes back."""
        copy = data.draw(st.sampled_from(range(len(self.journals))))
        self.world.restore_gateway(self.journals[copy])


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
