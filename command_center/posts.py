"""Which posts somebody may see: a list of them, or `*` for every one. Pure; nothing by default.

Routes, the live stream, tokens and subscribers all ask it; what it does not cover is not there.
"""

from collections.abc import Iterable
from typing import Final

from command_center.act import Act
from command_center.board import Board, Snapshot
from contract.identifiers import NotAnIdentifier, Post, Source
from contract.link import Rejected
from contract.messages import (
    AgentChanged,
    Alert,
    AlertChanged,
    CompletenessChanged,
    JudgeChanged,
    Message,
    Scan,
    ScanChanged,
)

EVERY: Final = "*"
POSTS_MAX: Final = 100
"""Posts that one officer, token or subscriber names."""

Posts = tuple[str, ...]
"""Sorted; `(EVERY,)` is every post, now and later."""


def parse(posts: Iterable[str]) -> Posts:
    """Posts as somebody wrote them; raise `Rejected` for what is no post."""
    named = sorted(set(posts))
    if len(named) > POSTS_MAX:
        raise Rejected(f"At most {POSTS_MAX} posts can be named; every post is {EVERY!r}.")
    if EVERY in named:
        return (EVERY,)
    try:
        return tuple(str(Post.parse(post)) for post in named)
    except NotAnIdentifier as error:
        raise Rejected(f"A post is a UN/LOCODE like KEMBA, or {EVERY!r}: {error}") from error


def covers(posts: Posts, post: str) -> bool:
    """Whether these posts include that one."""
    return EVERY in posts or post in posts


def is_within(posts: Posts, others: Posts) -> bool:
    """Whether somebody who holds ``others`` may give ``posts``."""
    return EVERY in others or (EVERY not in posts and set(posts) <= set(others))


def common(posts: Posts, others: Posts) -> Posts:
    """What both cover."""
    if EVERY in posts:
        return others
    return posts if EVERY in others else tuple(post for post in posts if post in others)


def post_of(source: str) -> str:
    """The post of a source like /KEMBA/gate-2; none that anybody holds if it is no source."""
    try:
        return str(Source.parse(source).post)
    except NotAnIdentifier:
        return ""


def may_see(posts: Posts, about: Message | Alert | Scan | Act | None) -> bool:
    """Whether what ``about`` tells may be told; what is not listed here is for nobody."""
    match about:
        case AlertChanged(alert=inner):
            return covers(posts, inner.post)
        case ScanChanged(scan=inner):
            return covers(posts, inner.post)
        case Alert() | Scan() | Act():
            return covers(posts, about.post)
        case AgentChanged() | CompletenessChanged():
            return covers(posts, post_of(about.source))
        case JudgeChanged():
            return True
        case _:
            return False


def seen(board: Board, posts: Posts) -> Snapshot:
    """The board as far as these posts go."""
    whole = board.snapshot()
    if EVERY in posts:
        return whole
    return Snapshot(
        epoch=whole.epoch,
        number=whole.number,
        alerts=tuple(one for one in whole.alerts if may_see(posts, one)),
        agents=tuple(one for one in whole.agents if may_see(posts, one)),
        completeness=tuple(one for one in whole.completeness if may_see(posts, one)),
        scans=tuple(one for one in whole.scans if may_see(posts, one)),
        judge=whole.judge,
        left_out=sum(n for post, n in board.left_out_by_post.items() if covers(posts, post)),
    )


def may_see_device(posts: Posts, board: Board, device: str) -> bool:
    """Whether the device is theirs: known, and every agent that names it at a post of theirs."""
    if EVERY in posts:
        return True
    sources = board.sources_of(device)
    return bool(sources) and all(covers(posts, post_of(source)) for source in sources)


def may_see_picture(posts: Posts, board: Board, sha256: str) -> bool:
    """Whether an alert or a scan of theirs shows this picture."""
    if EVERY in posts:
        return True
    known = seen(board, posts)
    shown = [*(one.picture for one in known.alerts), *(one.picture for one in known.scans)]
    return any(picture is not None and picture.sha256 == sha256 for picture in shown)
