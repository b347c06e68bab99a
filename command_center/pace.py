"""How fast one officer may change who comes in: a stolen session does little before it is seen."""

import math
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException

from command_center.answers import officer_of
from command_center.limiter import Limiter
from contract.clock import Clock

ACTS_MAX: Final = 60
"""Of one officer in `WINDOW_S`; reading does not count."""
WINDOW_S: Final = 300.0


class Pace:
    """A dependency of routes; answers 429 to who is too fast."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._acts: Final = Limiter(tries_max=ACTS_MAX, window_s=WINDOW_S)

    async def __call__(self, request: Request) -> None:
        """Count an act; `HTTPException` if there were too many."""
        if request.method in ("GET", "HEAD"):
            return
        name, now_s = officer_of(request).name, self._clock.monotonic_ns() / 1e9
        if (wait_s := self._acts.wait_s(name, now_s)) > 0:
            seconds = str(math.ceil(wait_s))
            sentence = f"Too many changes at once. Try again in {seconds} s."
            raise HTTPException(429, sentence, {"Retry-After": seconds})
        self._acts.tried(name, now_s)
