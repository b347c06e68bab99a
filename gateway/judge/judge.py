"""The judge: one entry after another makes changes, and nothing else does. Pure.

    entry ─▶ ledger ─▶ twins ─▶ order ─▶ scans, acts ─▶ RULES ─▶ findings ─▶ episodes ─▶ changes
             (arrival order) │  (each stream in sequence, at most 2 s of waiting)
                             └─ bulk and life go no further

`judge(state, entry)` changes the state and returns what is to be told. It sees no clock and no
chance: the same entries give the same changes, byte for byte, on another machine a year later.
"""

from datetime import datetime, timedelta

from contract.messages import (
    AgentAlive,
    AgentBorn,
    AgentGone,
    AlertChanged,
    BlobKept,
    DeviceFound,
    DeviceLost,
    Identity,
    JudgeChanged,
    KeyEnrolled,
    KeyRevoked,
    Message,
    NotaryChanged,
    OfficerActed,
    ScanCompleted,
    ScanFailed,
    StreamLost,
    SuspectsHeld,
    read,
)
from gateway.adapters.heard import ForeignHeard
from gateway.entry import ChainBroken, Entry, Forked, Tick
from gateway.judge.asking import ask
from gateway.judge.law import enact
from gateway.judge.order import Turn
from gateway.judge.rules import RULES
from gateway.judge.runs import said_us_of, word_of
from gateway.judge.state import State
from gateway.judge.twins import Agent


def judge(state: State, entry: Entry) -> list[Message]:
    """What this entry changes."""
    state.position, state.now = entry.position, entry.received_at
    changes: list[Message] = []
    if entry.kind == "tick":
        _tick(state, entry, changes)
    elif entry.kind == "own":
        _own(state, entry, changes)
    elif entry.kind == "foreign":
        _foreign(state, entry, changes)
    elif entry.kind == "fork":
        ask(state, entry, Forked(), changes)
    else:
        _said(state, entry, changes)
    return list({_about(change): change for change in changes}.values())


def _about(change: Message) -> object:
    """The same for words of which only the last is told: what an alert was for a moment is none.

    Peak after peak in a batch of readings is one change, that says how often; but what rests on
    another message is told, so that every message an alert ever rested on is known.
    """
    if not isinstance(change, AlertChanged):
        return id(change)
    newest = change.alert.evidence[-1:]
    return change.alert.id, change.act, newest and newest[0].hash


def next_due(state: State) -> datetime | None:
    """The moment at which a `Tick` would change something; none while nothing waits."""
    if state.now is None:
        return None
    moments = [state.order.due(), state.wholeness.due(state.now)]
    moments += [rule.due(state.memories[rule.name], state.settings) for rule in RULES if rule.due]
    if not state.is_deaf:
        lasting = timedelta(seconds=state.settings.silent_s)
        moments += [
            agent.quiet_from(state.heard_since) + lasting
            for agent in state.agents.values()
            if agent.state != "silent"
        ]
    return min((at for at in moments if at is not None), default=None)


# --- time ---------------------------------------------------------------------------------------


def _tick(state: State, entry: Entry, changes: list[Message]) -> None:
    now = entry.received_at
    for turn in state.order.passed(now):
        _take(state, turn, now, changes)
    if not state.is_deaf:
        for agent in state.agents.values():
            agent.silence(now, state.heard_since, state.settings.silent_s)
    changes += state.wholeness.tell(state.ledger, now)
    ask(state, entry, Tick(), changes)
    for agent in state.agents.values():
        _tell(agent, now, changes)


# --- what the gateway says itself -----------------------------------------------------------------


def _own(state: State, entry: Entry, changes: list[Message]) -> None:
    message = entry.message
    now = entry.received_at
    if isinstance(message, JudgeChanged):
        enact(state, message)
        changes.append(message)
    elif isinstance(message, AgentBorn):
        state.is_deaf, state.heard_since = False, now
    elif isinstance(message, AgentGone):
        _gone(state, entry, message, changes)
    elif isinstance(message, KeyEnrolled):
        agent = _agent(state, message.source)
        agent.enrolled(message)
        _tell(agent, now, changes)
    elif isinstance(message, KeyRevoked):
        agent = _agent(state, message.source)
        agent.revoked(message)
        ask(state, entry, message, changes)
        _tell(agent, now, changes)
    elif isinstance(message, SuspectsHeld | NotaryChanged):
        ask(state, entry, message, changes)
    elif isinstance(message, BlobKept):
        changes += state.scans.kept(message.sha256)


def _gone(state: State, entry: Entry, gone: AgentGone, changes: list[Message]) -> None:
    agent = state.agents.get(gone.source)
    if gone.source == entry.source:
        state.is_deaf = True
    elif agent is not None:
        agent.gone(gone.epoch)
        _tell(agent, entry.received_at, changes)


# --- what sources say -----------------------------------------------------------------------------


def _said(state: State, entry: Entry, changes: list[Message]) -> None:
    """In the order of arrival: number it, note who speaks; then each stream in its own order."""
    now = entry.received_at
    agent = _agent(state, entry.source)
    agent.heard(entry)
    message = entry.message
    identity = entry.identity
    if identity is not None:
        _number(state, entry, identity, changes)
    elif isinstance(message, AgentBorn | AgentAlive):
        _life(state, agent, entry, message)
        ask(state, entry, message, changes)
    if isinstance(message, StreamLost):
        _lost(state, entry, message, changes)
    if identity is not None and entry.stream != "bulk":
        for turn in state.order.put(entry):
            _take(state, turn, now, changes)
    if agent.is_changed:
        _tell(agent, now, changes)


def _foreign(state: State, entry: Entry, changes: list[Message]) -> None:
    """What devices said that are not ours: in no sequence, so it is taken as it comes."""
    message = entry.message
    if not isinstance(message, ForeignHeard):
        return  # written by another version of the reading: its bytes are kept
    agent = _agent(state, entry.source)
    agent.heard(entry)
    agent.strangers(message, entry.received_at)
    state.wholeness.heard(entry.source, message.count)
    ask(state, entry, message, changes)
    if agent.is_changed:
        _tell(agent, entry.received_at, changes)


def _number(state: State, entry: Entry, identity: Identity, changes: list[Message]) -> None:
    state.wholeness.touch(entry.source)
    if not state.ledger.hear(identity, entry.hash, entry.previous, entry.position):
        ask(state, entry, ChainBroken(), changes)


def _lost(state: State, entry: Entry, lost: StreamLost, changes: list[Message]) -> None:
    if not state.ledger.lose(entry.source, lost, entry.position):
        ask(state, entry, ChainBroken(), changes)
    for turn in state.order.lost(entry.source, lost):
        _take(state, turn, entry.received_at, changes)


def _life(state: State, agent: Agent, entry: Entry, message: AgentBorn | AgentAlive) -> None:
    state.wholeness.touch(entry.source)
    event = read(entry.body)
    word = word_of(event, message)
    is_news = word is None or agent.speaks(word, entry.received_at)
    if isinstance(message, AgentBorn):
        state.ledger.claim(entry.source, message.epochs, position=entry.position)
        if is_news:
            agent.born(message)
    else:
        state.ledger.claim(entry.source, message.epochs, message.queues, entry.position)
        if is_news:
            agent.alive(message, event.clockerrorms)


def _take(state: State, turn: Turn, now: datetime, changes: list[Message]) -> None:
    """An entry whose turn it is in its stream."""
    entry, message = turn.entry, turn.entry.message
    if message is None:
        return  # kept as refused: it has its number, and says nothing
    agent = _agent(state, entry.source)
    if isinstance(message, DeviceFound | DeviceLost):
        if not turn.is_late and agent.runs.said(entry.epoch, said_us_of(read(entry.body))):
            agent.sees(message, entry.observed_at or now)
    elif isinstance(message, ScanCompleted):
        changes.append(state.scans.completed(entry, message))
    elif isinstance(message, ScanFailed):
        changes.append(state.scans.failed(entry, message))
    elif isinstance(message, OfficerActed):
        acts_from = state.settings.acts_from
        changes += state.episodes.act(message, entry, acts_from=acts_from)
    ask(state, entry, message, changes, is_late=turn.is_late)
    if agent.is_changed:
        _tell(agent, now, changes)


# --- twins ----------------------------------------------------------------------------------------


def _agent(state: State, source: str) -> Agent:
    agent = state.agents.get(source)
    if agent is None:
        agent = state.agents[source] = Agent(source=source, is_changed=True)
    return agent


def _tell(agent: Agent, now: datetime, changes: list[Message]) -> None:
    told = agent.tell(now)
    if told is not None:
        changes.append(told)
