"""The live stream: what the board takes is told to every screen, in the same step.

    change ─▶ encoded once ─▶ a bounded queue per screen ─▶ websocket: a list of all that waits

A screen joins with a snapshot and hears everything after it: nothing can come between. One that
is too slow for its queue is sent away (`TOO_SLOW`), and comes back for a new snapshot.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from command_center.act import Act
from command_center.board import Board
from command_center.change import Change
from command_center.officers import Officer
from command_center.place import Place
from command_center.posts import Posts, covers, may_see, may_see_device, post_of, seen
from command_center.silence import GatewayState
from contract.clock import Clock
from contract.messages import Name, Part, Reading

QUEUE_MESSAGES_MAX: Final = 1_000
SCREENS_MAX: Final = 500
WATCHES_MAX: Final = 64
"""Pairs of device and metric that one screen watches."""
TOGETHER_MAX: Final = 100
"""Messages that one websocket message brings."""
TICK_S: Final = 5.0
TOO_SLOW: Final = 4008
SIGNED_OUT: Final = 4001
"""Close codes (4000 and up are an application's own)."""

_log: Final = logging.getLogger(__name__)
_encoder: Final = msgspec.json.Encoder()

Watch = tuple[str, str]
"""Device, metric."""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a screen may say."""

    kind: Literal["watch", "unwatch"]
    device: Name
    metric: Name


class Told(Part, frozen=True, kw_only=True):
    """A reading as screens are told of it."""

    device: str
    metric: str
    value: float
    unit: str
    observed_at: datetime
    source: str


class Screen:
    """One websocket: what waits for it, and what it watches."""

    def __init__(self, token: str, posts: Posts) -> None:
        self.token: Final = token
        """The session that opened it."""
        self.posts = posts
        """What its last snapshot was cut to."""
        self.queue: Final[asyncio.Queue[str]] = asyncio.Queue(QUEUE_MESSAGES_MAX)
        self.sent_away: Final[asyncio.Future[int]] = asyncio.get_running_loop().create_future()
        """The close code, once it has to go."""
        self.watches: set[Watch] = set()

    def put(self, text: str) -> None:
        """Queue a message; a full queue sends the screen away."""
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.send_away(TOO_SLOW)

    async def told(self) -> str:
        """What waits, as one JSON list; waits until something does."""
        texts = [await self.queue.get()]
        while len(texts) < TOGETHER_MAX and not self.queue.empty():
            texts.append(self.queue.get_nowait())
        return f"[{','.join(texts)}]"

    def send_away(self, code: int) -> None:
        """End it, with this close code."""
        if not self.sent_away.done():
            self.sent_away.set_result(code)


class Live:
    """Every screen, and what they are told."""

    def __init__(
        self,
        *,
        board: Board,
        who: Callable[[str], Officer | None],
        clock: Clock,
        places: Sequence[Place] = (),
    ) -> None:
        self._board: Final = board
        self._places: Final = places
        self._who: Final = who
        self._clock: Final = clock
        self._screens: dict[Screen, None] = {}
        self._acts: Callable[[], Iterable[Act]] = tuple
        self._state: Callable[[], GatewayState] = lambda: GatewayState("never heard", None)
        self._watch: Callable[[Iterable[str]], None] = lambda _: None

    @property
    def screens(self) -> int:
        """How many follow."""
        return len(self._screens)

    def join_up(
        self,
        *,
        acts: Callable[[], Iterable[Act]],
        gateway: Callable[[], GatewayState],
        watch: Callable[[Iterable[str]], None],
    ) -> None:
        """What a snapshot shows besides the board, and who is told which devices are watched.

        Apart from the making, because those who answer tell us as well.
        """
        self._acts, self._state, self._watch = acts, gateway, watch

    def snapshot(self, officer: Officer, *, kind: str = "") -> bytes:
        """All that a screen has to know, as JSON."""
        return _spliced(self._common(kind, officer.posts), officer)

    def join(self, token: str, officer: Officer) -> Screen | None:
        """A new screen, its snapshot queued first; none if there are `SCREENS_MAX` already."""
        if len(self._screens) >= SCREENS_MAX:
            return None
        screen = Screen(token, officer.posts)
        screen.put(self.snapshot(officer, kind="snapshot").decode())
        self._screens[screen] = None
        return screen

    def leave(self, screen: Screen) -> None:
        """The websocket is closed."""
        self._screens.pop(screen, None)
        if screen.watches:
            self._retune()

    def hear(self, screen: Screen, body: bytes) -> None:
        """Take a message of a screen; what cannot be read is ignored."""
        officer = self._who(screen.token)
        if officer is None or officer.must_set_password:
            screen.send_away(SIGNED_OUT)
            return
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        pair = (asked.device, asked.metric)
        if asked.kind == "unwatch":
            screen.watches.discard(pair)
        elif not may_see_device(officer.posts, self._board, asked.device):
            return
        elif len(screen.watches) < WATCHES_MAX:
            screen.watches.add(pair)
        self._retune()

    def changed(self, change: Change) -> None:
        """The board took a change."""
        texts: dict[bool, str] = {}
        for screen, officer in self._present():
            is_seen = may_see(officer.posts, change.message)
            if is_seen not in texts:
                texts[is_seen] = _told(change, is_seen=is_seen)
            screen.put(texts[is_seen])

    def renewed(self) -> None:
        """The board was renewed: a snapshot to everyone."""
        cut: dict[Posts, bytes] = {}
        for screen, officer in self._present():
            posts = officer.posts
            if posts not in cut:
                cut[posts] = self._common("snapshot", posts)
            screen.put(_spliced(cut[posts], officer).decode())

    def acted(self, act: Act) -> None:
        """An act turned."""
        text = _text({"kind": "act", **msgspec.structs.asdict(act)})
        for screen, officer in self._present():
            if may_see(officer.posts, act):
                screen.put(text)

    def gateway(self, state: GatewayState) -> None:
        """The gateway is heard, or no longer."""
        self._tell({"kind": "gateway", **msgspec.structs.asdict(state)})

    def readings(self, source: str, readings: Sequence[Reading]) -> None:
        """To each screen the readings that it watches, each series encoded once."""
        series: dict[Watch, list[Told]] = {}
        for one in readings:
            told = Told(**msgspec.structs.asdict(one), source=source)
            series.setdefault((one.device, one.metric), []).append(told)
        post = post_of(source)
        for pair, several in series.items():
            text = ""
            for screen, officer in self._present(pair):
                if covers(officer.posts, post):
                    text = text or _text({"kind": "readings", "readings": several})
                    screen.put(text)

    async def tick(self) -> None:
        """Say the time to all, and send away who is signed in no longer; until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            self._tell({"kind": "tick", "now": self._clock.utc_now()})

    def _tell(self, message: dict[str, Any]) -> None:
        text = _text(message)
        for screen, _ in self._present():
            screen.put(text)

    def _present(self, watched: Watch | None = None) -> Iterator[tuple[Screen, Officer]]:
        """Every screen whose session still holds, and its officer as of now.

        Who is signed in no longer is sent away; who holds other posts now gets a new snapshot.
        """
        for screen in list(self._screens):
            if watched is not None and watched not in screen.watches:
                continue
            officer = self._who(screen.token)
            if officer is None or officer.must_set_password:
                screen.send_away(SIGNED_OUT)
                continue
            if officer.posts != screen.posts:
                screen.posts = officer.posts
                screen.put(self.snapshot(officer, kind="snapshot").decode())
            yield screen, officer

    def _common(self, kind: str, posts: Posts) -> bytes:
        board = seen(self._board, posts)
        whole = {
            **({"kind": kind} if kind else {}),
            **{field: getattr(board, field) for field in board.__struct_fields__},
            "gateway": self._state(),
            "places": [place for place in self._places if covers(posts, place.post)],
            "acts": [act for act in self._acts() if may_see(posts, act)],
            "now": self._clock.utc_now(),
        }
        return _encoder.encode(whole)

    def _retune(self) -> None:
        self._watch({device for screen in self._screens for device, _ in screen.watches})


def me(officer: Officer) -> dict[str, Any]:
    """What an officer is told about themselves."""
    return {
        "name": officer.name,
        "role": officer.role,
        "posts": officer.posts,
        "must_set_password": officer.must_set_password,
    }


def _told(change: Change, *, is_seen: bool) -> str:
    """Whose post it is not hears its number and nothing else: a number left out is a hole."""
    told = {"kind": "change", "epoch": change.epoch, "number": change.number}
    if change.message is None or not is_seen:
        return _text({**told, "type": "", "data": None})
    # As the gateway wrote it: nothing is encoded again.
    return _text({**told, "type": change.message.type, "data": msgspec.Raw(change.data)})


def _text(message: dict[str, Any]) -> str:
    return _encoder.encode(message).decode()


def _spliced(common: bytes, officer: Officer) -> bytes:
    """The snapshot is encoded once for all; only `me` differs."""
    return common[:-1] + b',"me":' + _encoder.encode(me(officer)) + b"}"
