"""What the spell checker's container provides beside what every service has: one provider a concern."""

from collections.abc import AsyncIterator

import httpx
from dishka import Provider, Scope, provide

from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages_purge import MessagePurge
from services.kit.topics.outbox_purge import OutboxPurge
from services.kit.worker_processes import WorkerProcesses
from services.spell_checker_service.checking_places import CheckingPlaces
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.content_client_http_impl import HttpContentClient
from services.spell_checker_service.models_db import OutboxRow, ProcessedMessageRow
from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.protocols import ContentClient, SpellcheckHandler, SpellcheckRepository
from services.spell_checker_service.spellcheck_repository_postgres_impl import PostgresSpellcheckRepository
from services.spell_checker_service.spellchecking import PostgresSpellcheckHandler
from services.spell_checker_service.spelling.speller import Speller, WorkerSpeller
from services.spell_checker_service.spelling.whitelist import words_of_file
from services.spell_checker_service.text_correction import TextCorrection


class RepositoryProvider(Provider):
    """The implementations of the repositories' Protocols."""

    scope = Scope.REQUEST
    jobs = provide(PostgresSpellcheckRepository, provides=SpellcheckRepository)


class ContentProvider(Provider):
    """Where texts come from and go to."""

    scope = Scope.APP

    @provide
    async def http_client(self, settings: SpellCheckerServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
        """Keeps its connections to the content service."""
        async with httpx.AsyncClient(
            base_url=str(settings.content_service_url), timeout=settings.content_service_timeout
        ) as client:
            yield client

    @provide
    def content(self, client: httpx.AsyncClient, settings: SpellCheckerServiceSettings) -> ContentClient:
        """The content service over HTTP."""
        return HttpContentClient(client, settings.content_service_timeout, settings.max_text_bytes)


class SpellerProvider(Provider):
    """The processes that check texts."""

    @provide(scope=Scope.APP)
    async def speller(self, settings: SpellCheckerServiceSettings) -> AsyncIterator[Speller]:
        """Ready once it is there, and stopped with the container."""
        workers = WorkerProcesses(settings.checking_workers, settings.checking_timeout, settings.checking_memory_bytes)
        speller = WorkerSpeller(workers, words_of_file(settings.whitelist_file))
        await speller.start()
        yield speller
        await workers.close()


class UseCaseProvider(Provider):
    """What requests and background jobs do."""

    scope = Scope.APP
    pending_jobs = provide(PendingJobs)
    correction = provide(TextCorrection)

    @provide
    def handler(
        self, database: Database, correction: TextCorrection, settings: SpellCheckerServiceSettings
    ) -> SpellcheckHandler:
        """Its transactions wait as long as a text's work may take, and no longer."""
        places = CheckingPlaces(settings.checks_at_once, settings.database_pool_timeout)
        return PostgresSpellcheckHandler(database, correction, places, settings.longest_work)

    @provide
    def message_purge(self, database: Database) -> MessagePurge:
        """Forgets the answers that are old enough."""
        return MessagePurge(database, ProcessedMessageRow, "spell_checker_service")

    @provide
    def outbox_purge(self, database: Database) -> OutboxPurge:
        """Removes the results that are old enough."""
        return OutboxPurge(database, OutboxRow, "spell_checker_service")


PROVIDERS = (RepositoryProvider, ContentProvider, SpellerProvider, UseCaseProvider)
