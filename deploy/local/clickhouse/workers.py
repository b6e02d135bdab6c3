"""Threads in which the engine works: bounded, so that statements that hang can't take the endpoint down."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.errors import TOO_MANY_SIMULTANEOUS_QUERIES, ClickHouseError

Result = TypeVar("Result")
MAX_STATEMENTS = 32


class Workers:
    """As many threads as statements may run at once, and one more to cancel them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running = 0
        self._threads = ThreadPoolExecutor(MAX_STATEMENTS, thread_name_prefix="statement")
        self._canceller = ThreadPoolExecutor(1, thread_name_prefix="cancel")

    @contextmanager
    def slot(self) -> Iterator[None]:
        """The right to run one statement; ClickHouseError 202 when as many are running as may."""
        if self._running >= MAX_STATEMENTS:
            message = f"Too many simultaneous queries: {self._running} are running. Try again later."
            raise ClickHouseError(TOO_MANY_SIMULTANEOUS_QUERIES, message)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def run(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """Start `work` in a thread; the caller holds a slot."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def cancel(self, query_id: str) -> None:
        """Cancel the statement `query_id` in the engine."""
        await self._in_canceller(lambda: self._engine.cancel(query_id))

    async def cancel_reads(self) -> None:
        """Cancel every statement but inserts."""
        await self._in_canceller(self._engine.cancel_reads)

    def close(self) -> None:
        """Wait until every thread has come to its end."""
        self._threads.shutdown()
        self._canceller.shutdown()

    async def _in_canceller(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._canceller, work)
