"""What the spell checker's tests stand on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.kit.worker_processes import WorkerProcesses
from services.spell_checker_service.spelling.speller import Speller, WorkerSpeller
from services.spell_checker_service.tests.service import Service, running_content, running_spell_checker, settings_for
from tests.support.service_database import ServiceTemplates


@pytest_asyncio.fixture(name="speller", scope="session", loop_scope="session")
async def speller_fixture() -> AsyncIterator[Speller]:
    """One worker process for the whole run."""
    workers = WorkerProcesses(workers=1, seconds=60.0, memory_bytes=1 << 30)
    speller = WorkerSpeller(workers)
    await speller.start()
    yield speller
    await workers.close()


@pytest_asyncio.fixture(name="service", scope="module", loop_scope="session")
async def service_fixture(service_templates: ServiceTemplates, speller: Speller) -> AsyncIterator[Service]:
    """A spell checker that the tests of a module share: each looks at nothing but its own essays."""
    own, contents = service_templates.create("spell_checker"), service_templates.create("content")
    async with (
        running_content(contents) as content,
        running_spell_checker(settings_for(own), content, speller) as service,
    ):
        yield service
    for database in (own, contents):
        service_templates.drop(database)
