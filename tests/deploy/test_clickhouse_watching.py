"""What the endpoint looks at again and again: one look that fails is not the last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

import pytest

from deploy.local.clickhouse.failed_writes import FailedWritesError
from deploy.local.clickhouse.watching import look_again


def looking(errors: Iterator[Exception]) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        raise next(errors)

    return look


def test_a_look_that_fails_is_told_of_and_the_next_one_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Exception] = [RuntimeError("out of memory"), OSError("too many files"), FailedWritesError("2 writes")]
    with caplog.at_level(logging.ERROR), pytest.raises(FailedWritesError):
        asyncio.run(look_again(0, looking(iter(errors)), ends_by=FailedWritesError))
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        "out of memory",
        "too many files",
    ]


async def _two_looks() -> int:
    seen, enough = 0, asyncio.Event()

    async def look() -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            raise FailedWritesError("nobody waits for it")
        enough.set()

    task = asyncio.create_task(look_again(0, look))
    await asyncio.wait_for(enough.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return seen


def test_where_no_error_ends_it_it_goes_on_until_it_is_cancelled() -> None:
    assert asyncio.run(_two_looks()) >= 2
