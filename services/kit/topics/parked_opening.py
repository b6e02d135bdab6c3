"""A service's parked messages, opened for one command of an operator."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.kit.command_line import explained
from services.kit.errors import DomainError
from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.starting import start
from services.kit.postgres.database import Database
from services.kit.settings import SettingsError
from services.kit.topics.parked_messages import ParkedMessageColumns
from services.kit.topics.parked_work import CutMessageError, ParkedWork, UnknownMessageError
from services.kit.topics.settings import TopicSettings


@dataclass(frozen=True)
class ServiceParked:
    """Whose parked messages: the service's name, its settings, and its model of one."""

    service: str
    settings: type[TopicSettings]
    row: type[ParkedMessageColumns]

    def run(self, command: Callable[[ParkedWork], Coroutine[Any, Any, None]]) -> None:
        """The command on the service's database; what can go wrong is said in one line."""
        with explained(DomainError, KafkaError, OSError, CutMessageError, usage=(UnknownMessageError,)):
            asyncio.run(self._run(command))

    def run_with_kafka(self, command: Callable[[ParkedWork, AIOKafkaProducer], Awaitable[None]]) -> None:
        """The same with Kafka, whose brokers the settings must name."""

        async def with_producer(work: ParkedWork) -> None:
            access = self._access()
            producer = AIOKafkaProducer(**access.arguments(), acks="all", enable_idempotence=True)
            try:
                await start(producer, access)
                await command(work, producer)
            finally:
                await producer.stop()

        self.run(with_producer)

    async def _run(self, command: Callable[[ParkedWork], Coroutine[Any, Any, None]]) -> None:
        database = Database(self.settings.load(), self.service, {self.row.__tablename__})
        try:
            await command(ParkedWork(database, self.row))
        finally:
            await database.close()

    def _access(self) -> KafkaAccess:
        access = self.settings.load().kafka
        if access is None:
            prefix = self.settings.model_config.get("env_prefix", "")
            raise SettingsError(f"{prefix}KAFKA_BOOTSTRAP is not set: name the brokers that messages are sent to")
        return access
