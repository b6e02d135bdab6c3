"""Some messages of one partition, one after the other: each is settled, and then its offset is committed."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from services.kit.topics.delivery import Delivery

Step = Callable[[Delivery], Coroutine[Any, Any, None]]


class PartitionWorker:
    """Begins at once. Whoever stops it leaves the rest to whoever has the partition next."""

    def __init__(self, deliveries: Sequence[Delivery], settle: Step, commit: Step) -> None:
        self._deliveries = deliveries
        self._settle = settle
        self._commit = commit
        self._stopping = False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        for delivery in self._deliveries:
            if self._stopping:
                return
            # A task for each: the correlation id of one message must not become that of the next.
            await asyncio.create_task(self._settle(delivery))
            await self._commit(delivery)

    async def stop(self, seconds: float) -> None:
        """Let the message in hand come to its end for so long; cut off after that, it is taken again elsewhere."""
        self._stopping = True
        _, unfinished = await asyncio.wait({self.task}, timeout=seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
