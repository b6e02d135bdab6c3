"""Routes that do nothing but ask repositories: each is one unit of work from its first line to its last."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from quart import g
from quart_dishka import inject

from services.kit.postgres.unit_of_work import UnitOfWork

P = ParamSpec("P")
Answer = TypeVar("Answer")


def in_unit_of_work(handler: Callable[P, Awaitable[Answer]]) -> Callable[P, Coroutine[Any, Any, Answer]]:
    """Give the handler what it asks the container for, and answer once what it wrote is committed.

    A handler that also waits for a body, a store or another service opens the unit of work itself, around less.
    """

    @inject
    @wraps(handler)
    async def committed(*args: P.args, **kwargs: P.kwargs) -> Answer:
        async with await g.dishka_container.get(UnitOfWork):
            return await handler(*args, **kwargs)

    return committed
