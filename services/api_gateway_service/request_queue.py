"""What waits in memory to be stored: a bounded queue of records, handed out in batches."""

import asyncio
from collections import deque
from contextlib import suppress

from services.api_gateway_service.domain import RequestRecord


class RequestQueue:
    """A record counts against the limit until it is said to be done with, also while its batch is being stored."""

    def __init__(self, batch_size: int, limit: int) -> None:
        self._batch_size = batch_size
        self._limit = limit
        self._waiting: deque[RequestRecord] = deque()
        self._taken = self._dropped = 0
        self._due = asyncio.Event()
        self.closing = asyncio.Event()

    def put(self, record: RequestRecord) -> bool:
        """Take the record; False if there is no room for it."""
        if len(self) >= self._limit:
            self._dropped += 1
            return False
        self._waiting.append(record)
        if len(self._waiting) >= self._batch_size:
            self._due.set()
        return True

    async def next_batch(self, seconds: float) -> list[RequestRecord]:
        """What waits, one batch at most: as soon as a batch is full, after some seconds, or at once when closing."""
        if len(self._waiting) < self._batch_size and not self.closing.is_set():
            self._due.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._due.wait()
        size = min(len(self._waiting), self._batch_size)
        self._taken += size
        return [self._waiting.popleft() for _ in range(size)]

    def done(self, records: int) -> None:
        """Make room: so many that were handed out will not come back."""
        self._taken -= records

    def close(self) -> None:
        """Hand out what waits without waiting for more."""
        self.closing.set()
        self._due.set()

    def take_dropped(self) -> int:
        """How many records found no room since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def __len__(self) -> int:
        return len(self._waiting) + self._taken
