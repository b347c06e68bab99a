"""Officers: no default password, links that work once, sessions that end."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import argon2
import pytest

from command_center.officers import FIRST_LINK_LASTS, INVITATION_LASTS, Officers
from command_center.passwords import BadPassword, Passwords
from command_center.sessions import SESSION_LASTS
from contract.link import Rejected
from tests.support.virtual import VirtualClock, run_virtually

GOOD = "four quiet green lanes"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def play(path: Path, *acts: Callable[[Officers], Awaitable[None]]) -> None:
    """Each act in a life of its own over the same file."""

    async def main() -> None:
        for act in acts:
            passwords = Passwords(QUICK)
            async with Officers.open(
                path / "officers.sqlite", clock=VirtualClock(), passwords=passwords
            ) as officers:
                await act(officers)

    run_virtually(main())


async def first(officers: Officers, *, name: str = "") -> str:
    """The first officer, signed in with a password; the session's token."""
    link = await officers.first_link()
    assert link is not None
    session = await officers.use_link(link)
    assert session is not None
    await officers.set_password(session, GOOD, name=name)
    return session


def test_the_first_link_works_once(tmp_path: Path) -> None:
    """It makes the admin, who has to set a password."""

    async def act(officers: Officers) -> None:
        link = await officers.first_link()
        assert link is not None
        session = await officers.use_link(link)
        assert session is not None
        admin = officers.who(session)
        assert admin is not None
        assert (admin.name, admin.role, admin.must_set_password) == ("admin", "admin", True)
        assert await officers.use_link(link) is None

    play(tmp_path, act)


def test_the_first_link_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Half an hour; after that a restart makes another."""

    async def act(officers: Officers) -> None:
        link = await officers.first_link() or ""
        await asyncio.sleep(FIRST_LINK_LASTS.total_seconds())
        assert await officers.use_link(link) is None
        assert await officers.use_link(await officers.first_link() or "") is not None

    play(tmp_path, act)


def test_a_restart_before_it_was_used_makes_a_new_link_and_voids_the_old(tmp_path: Path) -> None:
    """A link that scrolled away is no door left open."""
    links: list[str] = []

    async def one(officers: Officers) -> None:
        links.append(await officers.first_link() or "")

    async def two(officers: Officers) -> None:
        link = await officers.first_link()
        assert link is not None
        assert await officers.use_link(links[0]) is None
        assert await officers.use_link(link) is not None

    play(tmp_path, one, two)


def test_no_link_once_somebody_can_sign_in(tmp_path: Path) -> None:
    """The door of the first day closes; sessions and passwords outlive a restart."""
    sessions: list[str] = []

    async def one(officers: Officers) -> None:
        sessions.append(await first(officers, name="Officer 12"))

    async def two(officers: Officers) -> None:
        assert await officers.first_link() is None
        known = officers.who(sessions[0])
        assert known is not None
        assert known.name == "Officer 12"
        assert await officers.sign_in("Officer 12", GOOD) is not None
        assert await officers.sign_in("admin", GOOD) is None
        assert await officers.sign_in("Officer 12", GOOD + " ") is None

    play(tmp_path, one, two)


def test_nobody_signs_in_with_an_empty_password(tmp_path: Path) -> None:
    """An officer without a password has none, not the empty one."""

    async def act(officers: Officers) -> None:
        await officers.first_link()
        for password in ("", "admin", "nobody's password"):
            assert await officers.sign_in("admin", password) is None

    play(tmp_path, act)


def test_sessions_end_after_a_shift_and_when_signed_out(tmp_path: Path) -> None:
    """Twelve hours, or at once."""

    async def act(officers: Officers) -> None:
        one = await first(officers)
        two = await officers.sign_in("admin", GOOD)
        assert two is not None
        await officers.sign_out(one)
        assert officers.who(one) is None
        assert officers.who(two) is not None
        await asyncio.sleep(SESSION_LASTS.total_seconds() + 1)
        assert officers.who(two) is None

    play(tmp_path, act)


def test_an_invitation_ends_after_a_day(tmp_path: Path) -> None:
    """Used in time it makes an officer of that role; later it is nothing."""

    async def act(officers: Officers) -> None:
        await first(officers)
        link = await officers.invite("Amina", "officer", ("*",))
        session = await officers.use_link(link)
        assert session is not None
        amina = officers.who(session)
        assert amina is not None
        assert (amina.role, amina.must_set_password) == ("officer", True)
        late = await officers.invite("Baraka", "viewer", ("*",))
        await asyncio.sleep((INVITATION_LASTS + timedelta(seconds=1)).total_seconds())
        assert await officers.use_link(late) is None

    play(tmp_path, act)


@pytest.mark.parametrize("name", ["", " x", "a\nb", "<b>", "x" * 41, "a/b", "-"])
def test_a_name_is_fit_to_stand_in_the_journal(tmp_path: Path, name: str) -> None:
    """Letters, digits, a few marks."""

    async def act(officers: Officers) -> None:
        with pytest.raises(Rejected):
            await officers.invite(name, "viewer", ("*",))

    play(tmp_path, act)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 257, "adminadmin12"])
def test_a_poor_password_is_refused_with_a_reason(tmp_path: Path, password: str) -> None:
    """Short, endless, one letter, the own name."""

    async def act(officers: Officers) -> None:
        link = await officers.first_link()
        session = await officers.use_link(link or "")
        with pytest.raises(BadPassword, match="password"):
            await officers.set_password(session or "", password)

    play(tmp_path, act)


def test_a_new_password_needs_the_present_one_and_ends_other_sessions(tmp_path: Path) -> None:
    """Who finds an open screen cannot take the account; who changes it throws others out."""

    async def act(officers: Officers) -> None:
        mine = await first(officers)
        other = await officers.sign_in("admin", GOOD)
        with pytest.raises(Rejected):
            await officers.set_password(mine, "another good password")
        await officers.set_password(mine, "another good password", current=GOOD)
        assert officers.who(mine) is not None
        assert officers.who(other or "") is None

    play(tmp_path, act)


def test_a_new_link_for_an_officer_who_is_there_voids_all_that_was(tmp_path: Path) -> None:
    """Password, sessions, the link before; name, role and posts stay."""

    async def act(officers: Officers) -> None:
        await first(officers)
        former = await officers.invite("Amina", "officer", ("KEMBA",))
        session = await officers.use_link(former) or ""
        await officers.set_password(session, GOOD)
        voided = await officers.invite("Amina", "viewer", ("*",))
        link = await officers.invite("Amina", "viewer", ("*",))
        assert officers.who(session) is None
        assert await officers.sign_in("Amina", GOOD) is None
        assert await officers.use_link(voided) is None
        amina = officers.who(await officers.use_link(link) or "")
        assert amina is not None
        assert (amina.role, amina.posts) == ("officer", ("KEMBA",))

    play(tmp_path, act)


def test_a_password_voids_the_link_that_still_waits(tmp_path: Path) -> None:
    """A restart had made another for the first officer, who was at the page of the password."""

    async def act(officers: Officers) -> None:
        session = await officers.use_link(await officers.first_link() or "") or ""
        waiting = await officers.first_link() or ""
        await officers.set_password(session, GOOD)
        assert officers.who(session) is not None
        assert await officers.use_link(waiting) is None

    play(tmp_path, act)


def test_a_name_is_taken_once_and_is_nobody_elses(tmp_path: Path) -> None:
    """With the first password; the journal knows the officer by it."""

    async def act(officers: Officers) -> None:
        mine = await first(officers, name="Officer 12")
        with pytest.raises(Rejected, match="taken once"):
            await officers.set_password(mine, GOOD, name="Officer 13", current=GOOD)
        theirs = await officers.use_link(await officers.invite("Amina", "officer", ("*",))) or ""
        with pytest.raises(Rejected, match="Another officer"):
            await officers.set_password(theirs, GOOD, name="Officer 12")
        assert [one.name for one in officers.all()] == ["Amina", "Officer 12"]

    play(tmp_path, act)


def test_an_admin_of_one_post_is_not_the_one_who_stays(tmp_path: Path) -> None:
    """Nobody could give back what only an admin of every post may give."""

    async def act(officers: Officers) -> None:
        await first(officers)
        await officers.invite("Amina", "admin", ("KEMBA",))
        for change in ({"is_active": False}, {"role": "viewer"}, {"posts": ("KEMBA",)}):
            with pytest.raises(Rejected, match="admin of every post"):
                await officers.change("admin", **change)

    play(tmp_path, act)


def test_who_was_put_out_stays_out_when_taken_back_in(tmp_path: Path) -> None:
    """Until they sign in anew: a session that somebody else had found does not live again."""

    async def act(officers: Officers) -> None:
        await first(officers)
        session = await officers.use_link(await officers.invite("Amina", "officer", ("*",))) or ""
        await officers.set_password(session, GOOD)
        await officers.change("Amina", is_active=False)
        assert await officers.sign_in("Amina", GOOD) is None
        await officers.change("Amina", is_active=True)
        assert officers.who(session) is None
        assert await officers.sign_in("Amina", GOOD) is not None

    play(tmp_path, act)


def test_somebody_has_to_stay_admin(tmp_path: Path) -> None:
    """The last admin can neither be put out nor become less; others can."""

    async def act(officers: Officers) -> None:
        await first(officers)
        for change in ({"is_active": False}, {"role": "viewer"}):
            with pytest.raises(Rejected, match="admin"):
                await officers.change("admin", **change)
        session = await officers.use_link(await officers.invite("Amina", "officer", ("*",)))
        await officers.change("Amina", is_active=False)
        assert officers.who(session or "") is None

    play(tmp_path, act)


def test_the_file_is_nobody_elses_and_holds_no_token(tmp_path: Path) -> None:
    """Read rights for the owner alone; tokens as hashes."""
    secrets: list[str] = []

    async def act(officers: Officers) -> None:
        secrets.append(await first(officers))
        secrets.append(await officers.invite("Amina", "officer", ("*",)))

    play(tmp_path, act)
    path = tmp_path / "officers.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    body = path.read_bytes()
    assert not any(secret.encode() in body for secret in [*secrets, GOOD])
