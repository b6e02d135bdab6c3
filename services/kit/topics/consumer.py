"""Reads topics until it is stopped: a partition's messages in their order, partitions beside one another.

An offset is committed after the transaction of its message. So a message may come twice, to this replica or another,
but none is passed over: its work must bear that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from services.kit.background_jobs import SECONDS_TO_FINISH
from services.kit.backoff import Backoff
from services.kit.errors import ServiceUnavailableError
from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.starting import start
from services.kit.resting import rest
from services.kit.topics.attempts import Attempts
from services.kit.topics.delivery import Delivery
from services.kit.topics.metrics import BEHIND, COMMIT_FAILURES
from services.kit.topics.partition_worker import PartitionWorker

MESSAGES_AT_A_TIME = 100
MILLISECONDS_OF_A_POLL = 200

log = structlog.get_logger(__name__)


class TopicConsumer:
    """A member of a consumer group, as an async context; while Kafka is away it tries again.

    access, client: how Kafka is reached, and what else a client of it is told; attempts: how each topic's messages are
    done; prepare: what it does first.
    """

    name = "topics"

    def __init__(
        self,
        access: KafkaAccess,
        client: Mapping[str, Any],
        attempts: Mapping[str, Attempts],
        prepare: Callable[[], Awaitable[None]],
        seconds_to_finish: float = SECONDS_TO_FINISH,
    ) -> None:
        self._access = access
        self._client = client
        self._attempts = attempts
        self._prepare = prepare
        self._seconds_to_finish = seconds_to_finish
        self._workers: dict[TopicPartition, PartitionWorker] = {}
        self._stopping = asyncio.Event()
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more messages, let those in hand come to their end for some seconds, and leave the group."""
        self._stopping.set()
        if self._task is None:
            return
        _, unfinished = await asyncio.wait({self._task}, timeout=2 * self._seconds_to_finish)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def check(self) -> None:
        """Return if Kafka answers; ServiceUnavailableError if not. Who asks says how long that may take."""
        away = ServiceUnavailableError("no requests come from topics: Kafka does not answer")
        if self._consumer is None:
            raise away
        try:
            await self._consumer.topics()
        except KafkaError as error:
            raise away from error

    async def revoke(self, partitions: Collection[TopicPartition]) -> None:
        """Have no message of these partitions in hand any more: they may go to another member."""
        workers = [self._workers.pop(partition) for partition in partitions if partition in self._workers]
        await asyncio.gather(*(worker.stop(self._seconds_to_finish) for worker in workers))

    async def _run(self) -> None:
        backoff, loop = Backoff(), asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            # Gathered as a value, whatever it is: the service serves without its topics.
            (error,) = await asyncio.gather(self._read(), return_exceptions=True)
            if isinstance(error, BaseException):
                log.warning("topics_not_read", reason=repr(error), exc_info=error)
                await rest(backoff.next_delay(loop.time() - started), self._stopping)

    async def _read(self) -> None:
        await self._prepare()
        consumer = AIOKafkaConsumer(**self._access.arguments(), **self._client)
        consumer.subscribe(list(self._attempts), listener=_Revoking(self))
        try:
            await start(consumer, self._access)
            self._consumer = consumer
            while not self._stopping.is_set():
                # Nothing runs between the end of a fetch and the start of its workers: no rebalance can come between.
                fetched = await consumer.getmany(timeout_ms=MILLISECONDS_OF_A_POLL, max_records=MESSAGES_AT_A_TIME)
                self._start_workers(consumer, fetched)
                self._raise_failures()
        finally:
            self._consumer = None
            await self.revoke(tuple(self._workers))
            await consumer.stop()

    def _start_workers(self, consumer: AIOKafkaConsumer, fetched: Mapping[TopicPartition, Sequence[Any]]) -> None:
        for partition, records in fetched.items():
            # It is fetched no further until its worker has ended, and everything else goes on.
            consumer.pause(partition)
            deliveries = [Delivery.of(record) for record in records]
            commit = partial(_commit, consumer, partition)
            worker = PartitionWorker(deliveries, self._attempts[partition.topic].settle, commit)
            self._workers[partition] = worker
            worker.task.add_done_callback(partial(self._ended, consumer, partition))

    def _ended(self, consumer: AIOKafkaConsumer, partition: TopicPartition, task: asyncio.Task[None]) -> None:
        """One that failed, or was revoked, is left as it is: nothing after its message may be taken."""
        worker = self._workers.get(partition)
        if task.cancelled() or task.exception() or worker is None or worker.task is not task:
            return
        del self._workers[partition]
        consumer.resume(partition)

    def _raise_failures(self) -> None:
        """A message that could not even be parked ends this membership: it comes again in the next one."""
        for worker in self._workers.values():
            if worker.task.done():
                worker.task.result()


class _Revoking(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Hands partitions over only once their messages are in nobody's hands here."""

    def __init__(self, consumer: TopicConsumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> Awaitable[None]:
        return self._consumer.revoke(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        log.info("partitions_assigned", partitions=[f"{each.topic}:{each.partition}" for each in sorted(assigned)])


async def _commit(consumer: AIOKafkaConsumer, partition: TopicPartition, delivery: Delivery) -> None:
    """Where it fails the message may come again, which does no harm; the next one's offset says the same and more."""
    try:
        await consumer.commit({partition: delivery.offset + 1})
    except KafkaError as error:
        COMMIT_FAILURES.labels(partition.topic).inc()
        log.warning("offset_not_committed", topic=partition.topic, partition=partition.partition, reason=repr(error))
        return
    last = consumer.highwater(partition)
    if last is not None:
        BEHIND.labels(partition.topic, partition.partition).set(last - delivery.offset - 1)
