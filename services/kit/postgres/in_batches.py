"""Work on many rows in transactions that stay short, each on so many of them at a time."""

from collections.abc import Awaitable, Callable


async def in_batches(limit: int, step: Callable[[], Awaitable[int]]) -> int:
    """Repeat the step, which says on how many rows it worked, until there are fewer than `limit`; say on how many."""
    total = 0
    while True:
        done = await step()
        total += done
        if done < limit:
            return total
