"""Waiting for what comes by itself, with a limit."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.05


async def eventually(reached: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Return once `reached`; AssertionError if it is not within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await reached():
        assert asyncio.get_running_loop().time() < deadline, f"not reached within {seconds:g} s"
        await asyncio.sleep(POLL_SECONDS)
