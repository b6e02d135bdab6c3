"""What the container of every service provides: its settings, its database, and who asks in which action."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.postgres.actor import Actor, acting
from services.kit.postgres.database import Database
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.settings_of_service import ServiceSettings
from services.kit.web.requests import current_actor, current_caller


class SettingsProvider(Provider):
    """What the environment says, as the service's own settings and as what all services have."""

    def __init__(self, settings: type[ServiceSettings]) -> None:
        super().__init__(scope=Scope.APP)

        def load() -> ServiceSettings:
            """SettingsError names each variable that is missing or wrong."""
            return settings.load()

        self.provide(load, provides=settings)
        self.alias(source=settings, provides=ServiceSettings)


class DatabaseProvider(Provider):
    """The pool of connections, and for each request a session that carries its actor."""

    def __init__(self, service: str, metadata: MetaData) -> None:
        super().__init__()
        self._service = service
        self._tables = metadata.tables

    @provide(scope=Scope.APP)
    async def database(self, settings: ServiceSettings) -> AsyncIterator[Database]:
        """Connects with its first query, so that the service starts while the database is away."""
        database = Database(settings, self._service, self._tables)
        yield database
        await database.close()

    @provide(scope=Scope.REQUEST)
    async def session(self, database: Database, actor: Actor) -> AsyncIterator[AsyncSession]:
        """One session a request, shared by its repositories."""
        async with database.session(actor) as session:
            yield session

    unit_of_work = provide(UnitOfWork, scope=Scope.REQUEST)


class RequestProvider(Provider):
    """Who asks, and who writes."""

    scope = Scope.REQUEST
    caller = provide(staticmethod(current_caller))

    @provide
    def actor(self) -> Actor:
        """Who is named by what came from a topic, else by the request of HTTP."""
        return acting() or current_actor()
