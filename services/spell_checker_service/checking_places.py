"""How many texts are checked at once: each holds a connection to the database meanwhile, and others need one too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.kit.errors import ServiceUnavailableError


class CheckingPlaces:
    """`count` places, for each of which others wait `seconds` at most."""

    def __init__(self, count: int, seconds: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._seconds = seconds

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place until the context ends; ServiceUnavailableError if none becomes free in time."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            message = "as many texts are being checked as can be at once; try again later"
            raise ServiceUnavailableError(message, code="checks_are_busy") from error
        try:
            yield
        finally:
            self._free.release()
