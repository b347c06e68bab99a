"""Signing in and out, the one-time link, the own password."""

import math
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import error, json, officer_of, token_of
from command_center.guard import COOKIE
from command_center.limiter import Limiter
from command_center.live import me
from command_center.officers import Officers
from command_center.passwords import PASSWORD_CHARS_MAX
from command_center.sessions import SESSION_LASTS
from contract.clock import Clock

NAME_TRIES_MAX: Final = 5
ADDRESS_TRIES_MAX: Final = 200
"""A whole shift may sign in through one proxy."""
WINDOW_S: Final = 300.0

_Secret = Annotated[str, Field(max_length=PASSWORD_CHARS_MAX)]
_Name = Annotated[str, Field(max_length=40)]


class _SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: _Name
    password: _Secret


class _Password(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    password: _Secret
    name: _Name = ""
    current: _Secret = ""


class _Tries:
    """Failures per name and address, and per address: one forgot, or somebody guesses."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._names: Final = Limiter(tries_max=NAME_TRIES_MAX, window_s=WINDOW_S)
        self._addresses: Final = Limiter(tries_max=ADDRESS_TRIES_MAX, window_s=WINDOW_S)

    def refusal(self, request: Request, name: str) -> Response | None:
        """Count a try; an answer if there were too many."""
        now_s = self._clock.monotonic_ns() / 1e9
        address, key = _keys(request, name)
        wait_s = max(self._names.wait_s(key, now_s), self._addresses.wait_s(address, now_s))
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            wait = f"{seconds} s" if seconds < 2 * 60 else f"{math.ceil(seconds / 60)} min"
            answer = error(f"Too many tries. Try again in {wait}.", 429)
            answer.headers["Retry-After"] = str(seconds)
            return answer
        self._names.tried(key, now_s)
        self._addresses.tried(address, now_s)
        return None

    def succeeded(self, request: Request, name: str) -> None:
        """It was who they said: the failures before were typing errors."""
        self._names.forget(_keys(request, name)[1])


def router(officers: Officers, clock: Clock, *, is_secure: bool) -> APIRouter:
    """The routes; ``is_secure``: browsers reach us by https, so the cookie travels only so."""
    door = _Door(officers, _Tries(clock), is_secure=is_secure)
    routes = APIRouter()
    routes.get("/first", include_in_schema=False)(door.first)
    routes.post("/api/sign-in", status_code=204)(door.sign_in)
    routes.post("/api/sign-out", status_code=204)(door.sign_out)
    routes.post("/api/password", status_code=204)(door.password)
    routes.get("/api/me")(door.me)
    return routes


class _Door:
    """Where officers come in and go out."""

    def __init__(self, officers: Officers, tries: _Tries, *, is_secure: bool) -> None:
        self._officers: Final = officers
        self._tries: Final = tries
        self._is_secure: Final = is_secure

    async def first(
        self, request: Request, token: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        """Come in by a one-time link."""
        if refusal := self._tries.refusal(request, ""):
            return refusal
        session = await self._officers.use_link(token)
        if session is None:
            return RedirectResponse("/sign-in#used-link", 303)  # the page says it in words
        self._tries.succeeded(request, "")
        return self._with_cookie(RedirectResponse("/set-password", 303), session)

    async def sign_in(self, request: Request, asked: _SignIn) -> Response:
        """Sign in by name and password: a cookie."""
        if refusal := self._tries.refusal(request, asked.name):
            return refusal
        session = await self._officers.sign_in(asked.name, asked.password)
        if session is None:
            return error("The name or the password is not right.", 401)
        self._tries.succeeded(request, asked.name)
        return self._with_cookie(Response(status_code=204), session)

    async def sign_out(self, request: Request) -> Response:
        """End this session."""
        await self._officers.sign_out(token_of(request))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer

    async def password(self, request: Request, asked: _Password) -> Response:
        """Set the own password; who has one shows it as `current`."""
        name = officer_of(request).name
        if refusal := self._tries.refusal(request, name):
            return refusal
        await self._officers.set_password(
            token_of(request), asked.password, name=asked.name, current=asked.current
        )
        self._tries.succeeded(request, name)
        return Response(status_code=204)

    async def me(self, request: Request) -> Response:
        """The officer who asks."""
        return json(me(officer_of(request)))

    def _with_cookie(self, answer: Response, token: str) -> Response:
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_LASTS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=self._is_secure,
        )
        return answer


def _keys(request: Request, name: str) -> tuple[str, str]:
    address = request.client.host if request.client else ""
    return address, f"{address} {name}"
