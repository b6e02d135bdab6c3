"""The processed messages of each service that remembers its answers, in a database of the test's own."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from services.kit.postgres.database import Database
from services.kit.postgres.metadata import metadata_of
from services.kit.postgres.processed_messages import ProcessedMessageColumns
from services.kit.postgres.settings import DatabaseSettings
from tests.support.postgres import CreateDatabase

SERVICES = ("spell_checker", "cj_assessment")


@dataclass(frozen=True)
class MessageTable:
    """A service's database, and its model of a processed message."""

    database: Database
    row: type[ProcessedMessageColumns]


@asynccontextmanager
async def message_table(create: CreateDatabase, service: str) -> AsyncIterator[MessageTable]:
    place = create(service)
    models = place.service.models
    settings = DatabaseSettings(database_url=SecretStr(place.app_url))
    database = Database(settings, service, metadata_of(models).tables)
    try:
        yield MessageTable(database, importlib.import_module(models).ProcessedMessageRow)
    finally:
        await database.close()
