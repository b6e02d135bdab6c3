"""What is done with parked messages: they are sent again to where they came from, or given up."""

import re
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiokafka import AIOKafkaProducer

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.topics.parked_messages import ParkedMessage, ParkedMessageColumns, ParkedMessages, Place

ALL_AT_A_TIME = 1000
_PLACE = re.compile(r"(?P<topic>[^:]+):(?P<partition>\d+):(?P<offset>\d+)")

log = structlog.get_logger(__name__)


class UnknownMessageError(LookupError):
    """No message is parked under that id."""


class CutMessageError(ValueError):
    """The message was too long to be kept whole, and cannot be sent again."""


def place_named(name: str) -> Place:
    """The place of a message's id; UnknownMessageError if it is no id."""
    found = _PLACE.fullmatch(name)
    if found is None:
        raise UnknownMessageError(f"{name!r} is no id of a parked message, which is topic:partition:offset")
    return Place(found["topic"], int(found["partition"]), int(found["offset"]))


class ParkedWork:
    """The parked messages of one service's database."""

    def __init__(self, database: Database, row: type[ParkedMessageColumns]) -> None:
        self._database = database
        self._row = row

    async def oldest(self, limit: int) -> Sequence[ParkedMessage]:
        """The oldest ones."""
        async with self._database.transaction(Actor(route="command parked")) as session:
            return await ParkedMessages(session, self._row).oldest(limit)

    async def names_of_whole(self, limit: int) -> list[str]:
        """The ids of the oldest ones that can be sent again."""
        return [str(message) for message in await self.oldest(limit) if message.is_whole]

    async def named(self, names: Sequence[str]) -> list[ParkedMessage]:
        """The messages of these ids; UnknownMessageError."""
        found: list[ParkedMessage] = []

        async def keep(message: ParkedMessage) -> None:
            found.append(message)

        for name in names:
            await self._take(name, keep, remove=False)
        return found

    async def replay(self, name: str, producer: AIOKafkaProducer) -> None:
        """Send a message again, as it was, and forget it; UnknownMessageError, CutMessageError, KafkaError.

        Should it be sent and not forgotten, it is sent twice at most, which whoever reads it bears.
        """

        async def send(message: ParkedMessage) -> None:
            if not message.is_whole:
                raise CutMessageError(
                    f"{name} had {message.value_bytes} bytes, and only the first of them were kept: discard it"
                )
            await producer.send_and_wait(
                message.topic, message.message_value, message.message_key, headers=list(message.sent_headers)
            )

        await self._take(name, send, remove=True, reason="replayed")

    async def discard(self, name: str, reason: str) -> None:
        """Give a message up for good, which the log and the WAL say why; UnknownMessageError."""

        async def give_up(message: ParkedMessage) -> None:
            log.warning("parked_message_discarded", message=name, code=message.code, why=reason)

        await self._take(name, give_up, remove=True, reason=reason)

    async def _take(
        self, name: str, use: Callable[[ParkedMessage], Awaitable[None]], *, remove: bool, reason: str | None = None
    ) -> None:
        place = place_named(name)
        async with self._database.transaction(Actor(route="command parked", reason=reason)) as session:
            parked = ParkedMessages(session, self._row)
            message = await parked.locked(place)
            if message is None:
                raise UnknownMessageError(
                    f"no message is parked under {name}: it was replayed or discarded, or never was"
                )
            await use(message)
            if remove:
                await parked.remove(place)
