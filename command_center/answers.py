"""How the HTTP edge answers: contract structs as JSON, and every error as one sentence."""

from typing import Any, cast

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from command_center.conversion import NoConverter, NotAPicture
from command_center.officers import Officer
from command_center.passwords import BadPassword
from command_center.reader import Who
from contract.link import Rejected, Unavailable

STATUSES: dict[type[Exception], int] = {
    Unavailable: 503,
    Rejected: 422,
    BadPassword: 422,
    NoConverter: 415,
    NotAPicture: 415,
}
"""What the errors of our own say to a browser."""


def json(content: Any, status: int = 200) -> Response:
    """Encode as the contract does."""
    body = msgspec.json.encode(content)
    return Response(body, status_code=status, media_type="application/json")


def error(sentence: str, status: int) -> Response:
    """What failed, as a sentence."""
    return json({"error": sentence}, status)


def officer_of(connection: HTTPConnection) -> Officer:
    """Who asks; the guard has let them in."""
    officer = connection.scope["state"]["officer"]
    if officer is None:
        raise HTTPException(401, "Nobody is signed in.")
    return cast("Officer", officer)


def reader_of(connection: HTTPConnection) -> Who:
    """Who reads alerts, as often as it is asked."""
    return cast("Who", connection.scope["state"]["reader"])


def token_of(connection: HTTPConnection) -> str:
    """The session's token of who asks."""
    return cast("str", connection.scope["state"]["token"])


def install(app: FastAPI) -> None:
    """Answer errors so everywhere."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in STATUSES:
        app.add_exception_handler(kind, _ours)


async def _http(_request: Request, exception: Exception) -> Response:
    known = cast("HTTPException", exception)
    answer = error(str(known.detail), known.status_code)
    answer.headers.update(known.headers or {})
    return answer


async def _invalid(_request: Request, exception: Exception) -> Response:
    first = cast("RequestValidationError", exception).errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return error(f"{where or 'The request'}: {first['msg']}", 422)


async def _ours(_request: Request, exception: Exception) -> Response:
    sentence = str(exception)
    return error(sentence[:1].upper() + sentence[1:], STATUSES[type(exception)])
