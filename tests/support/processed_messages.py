"""The processed messages of each service that remembers its answers, in a database of the test's own."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages import ProcessedMessageColumns
from tests.support.postgres import CreateDatabase
from tests.support.storage import opened_database

SERVICES = ("spell_checker", "cj_assessment")


@dataclass(frozen=True)
class MessageTable:
    """A service's database, and its model of a processed message."""

    database: Database
    row: type[ProcessedMessageColumns]


@asynccontextmanager
async def message_table(create: CreateDatabase, service: str) -> AsyncIterator[MessageTable]:
    place = create(service)
    database = opened_database(service, place.app_url)
    try:
        yield MessageTable(database, importlib.import_module(place.service.models).ProcessedMessageRow)
    finally:
        await database.close()
