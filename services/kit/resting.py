"""A pause that ends early when somebody wants to stop."""

import asyncio


async def rest(seconds: float, stopping: asyncio.Event) -> None:
    """Return after so many seconds, or once it is to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
