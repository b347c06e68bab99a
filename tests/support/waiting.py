"""Waiting for a fact by looking again: what other tasks and processes do, nobody tells a test."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def until(fact: Callable[[], T], within_s: float = 60) -> T:
    """Wait until it holds; returns it."""
    async with asyncio.timeout(within_s):
        while not (found := fact()):
            await asyncio.sleep(0.05)
    return found
