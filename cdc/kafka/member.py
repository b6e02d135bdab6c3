"""A member of the consumer group: which assignment is in effect, and commits that no rebalance can make wrong.

A commit names offsets of the assignment that is in effect while it is sent, and none is under way when a rebalance
begins: the group would take one of an earlier assignment for that of a member that owns the partition again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from cdc.kafka.assignment import Assignment
from cdc.kafka.offsets import Partition

_log = logging.getLogger(__name__)
_COMMIT_SECONDS = 5.0

Begin = Callable[[Iterable[Partition]], Assignment]


class Member(ConsumerRebalanceListener):  # type: ignore[misc]
    """What one consumer owns; the consumer calls it in each rebalance, others ask it for the assignment in effect.

    begin: makes an assignment of partitions.
    """

    def __init__(self, consumer: AIOKafkaConsumer, begin: Begin, patience_seconds: float) -> None:
        self.assignment: Assignment | None = None
        self._consumer, self._begin, self._patience = consumer, begin, patience_seconds
        self._begun, self._committing = asyncio.Event(), asyncio.Lock()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> Awaitable[None]:
        """A rebalance begins: what is under way is waited for and committed; what only waits, others will fetch."""
        del revoked  # All partitions are taken away and given anew.
        return self.end()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """A rebalance has ended."""
        self.assignment = self._begin(Partition(*each) for each in assigned)
        names = sorted(f"{each.topic}-{each.number}" for each in self.assignment.offsets.partitions)
        _log.info("assigned: %s", ", ".join(names) or "nothing")
        self._begun.set()

    async def in_effect(self, seconds: float) -> Assignment | None:
        """The assignment, None if there is none within so many seconds."""
        if self.assignment is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._begun.wait()
        return self.assignment

    async def end(self, *, drain: bool = False) -> None:
        """End the assignment in effect, if there is one: wait for what is under way, and commit what is stored."""
        if self.assignment is None:
            return
        self._begun.clear()
        await self.assignment.end(self._patience, drain=drain)
        await self.commit()
        self.assignment = None

    async def commit(self) -> None:
        """Commit what is stored and was not committed yet; a commit that the group refuses is left to others."""
        async with self._committing:
            assignment = self.assignment
            if assignment is None or not (due := assignment.offsets.due()):
                return
            with suppress(_Refused):
                await self._send(due)
                assignment.offsets.committed(due)

    async def _send(self, due: dict[Partition, int]) -> None:
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit({TopicPartition(*each): offset for each, offset in due.items()})
        except (CommitFailedError, IllegalStateError) as error:
            _log.warning("offsets were not committed, since the group has another assignment by now: %s", error)
            raise _Refused from error
        except TimeoutError as error:
            _log.warning("offsets are not committed yet: Kafka has not answered for %g s", _COMMIT_SECONDS)
            raise _Refused from error


class _Refused(Exception):  # noqa: N818
    """A commit was not taken, and nothing is lost by that."""
