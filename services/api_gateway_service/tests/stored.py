"""The storage of the gateway under test, one transaction at a time."""

from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.models_db import Base
from services.api_gateway_service.policy_repository_postgres_impl import PostgresPolicyRepository
from services.api_gateway_service.protocols import PolicyRepository, SessionRepository
from services.api_gateway_service.session_repository_postgres_impl import PostgresSessionRepository
from services.kit.postgres.database import Database
from tests.support.storage import Storage


def opened(settings: ApiGatewaySettings) -> Database:
    """The gateway's database, as the gateway opens it."""
    return Database(settings, "api_gateway", Base.metadata.tables)


class Sessions(Storage[SessionRepository]):
    """The storage of sessions."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostgresSessionRepository)


class Rules(Storage[PolicyRepository]):
    """The storage of the rules that limit requests."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostgresPolicyRepository)
