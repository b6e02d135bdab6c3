"""Requests of one type: read from their messages, and answered in the name of who asks."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from services.kit.correlation import begin_action
from services.kit.postgres.actor import Actor, act_as
from services.kit.topics.delivery import Delivery
from services.kit.topics.envelope import Request, parsed, topic_of

Asked = TypeVar("Asked", bound=Request[Any])


class Requests(Generic[Asked]):
    """`answer` is given each request with who writes; it must bear that the same one comes again, also at once."""

    def __init__(self, kind: type[Asked], answer: Callable[[Asked, Actor], Awaitable[object]]) -> None:
        self._kind = kind
        self._answer = answer
        self.topic = topic_of(kind)

    async def take(self, delivery: Delivery) -> None:
        """Answer the request in the message; ValidationFailedError if there is none, or what the answer raises."""
        request = parsed(self._kind, delivery.value)
        begin_action(request.correlation_id)
        actor = Actor(request.user_id, request.correlation_id, f"topic {delivery.topic}")
        act_as(actor)
        await self._answer(request, actor)
