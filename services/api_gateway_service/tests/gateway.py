"""A gateway on real parts, and what its tests ask of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from dishka import AsyncContainer, Provider, Scope
from pydantic import SecretStr
from quart import Quart

from services.api_gateway_service.app import DEFINITION
from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.domain import RequestRecord
from services.api_gateway_service.protocols import RequestLog
from services.api_gateway_service.tests.token_factory import ALGORITHM, AUDIENCE, ISSUER, TokenFactory
from services.registry import service_named
from tests.support.running_service import running_service
from tests.support.service_database import ServiceDatabase

GATEWAY = service_named("api_gateway")
# Nobody listens there: the port is reserved.
NOWHERE = "http://127.0.0.1:9"
LONG_TIME = timedelta(days=1)


@dataclass
class KeptRequests(RequestLog):
    """A request log that keeps what it is handed, for a test to look at."""

    records: list[RequestRecord] = field(default_factory=list)

    def record(self, record: RequestRecord) -> None:
        self.records.append(record)

    def provider(self) -> Provider:
        """This log in the place of the real one."""
        provider = Provider(scope=Scope.APP)
        provider.provide(lambda: self, provides=RequestLog, override=True)
        return provider


def settings_for(database: ServiceDatabase, valkey_url: str, tokens: TokenFactory, **others: Any) -> ApiGatewaySettings:
    """Settings of a gateway whose other services are away."""
    values: dict[str, Any] = {
        "database_url": SecretStr(database.app_url),
        "valkey_url": SecretStr(valkey_url),
        "jwt_algorithm": ALGORITHM,
        "jwt_issuer": ISSUER,
        "jwt_audience": AUDIENCE,
        "jwt_public_key_file": tokens.public_key_file,
        "content_service_url": NOWHERE,
        "spell_checker_service_url": NOWHERE,
        "file_service_url": NOWHERE,
        "cj_assessment_service_url": NOWHERE,
        # A slow machine is no reason not to count.
        "valkey_timeout": 10.0,
        # A rule that a test changes directly in the database holds with the next request.
        "policy_cache_seconds": 1e-6,
        "session_cleanup_interval": LONG_TIME,
    }
    return ApiGatewaySettings(**values | others)


def variables_for(
    database: ServiceDatabase, valkey_url: str, tokens: TokenFactory, own: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a gateway's process whose other services are away; own: further variables, by short name."""
    values = {
        "DATABASE_URL": database.app_url,
        "VALKEY_URL": valkey_url,
        "JWT_ALGORITHM": ALGORITHM,
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
        "JWT_PUBLIC_KEY_FILE": str(tokens.public_key_file),
        **{f"{name}_SERVICE_URL": NOWHERE for name in ("CONTENT", "FILE", "SPELL_CHECKER", "CJ_ASSESSMENT")},
        **own,
    }
    return {f"{GATEWAY.env_prefix}{name}": value for name, value in values.items()}


@dataclass(frozen=True)
class Gateway:
    """A running gateway, its client, and the requests that it recorded."""

    client: httpx.AsyncClient
    app: Quart
    container: AsyncContainer
    settings: ApiGatewaySettings
    database: ServiceDatabase
    tokens: TokenFactory
    requests: KeptRequests

    async def ask(self, method: str, path: str, *who: str, **options: Any) -> httpx.Response:
        """The answer to a request with a fresh token of a user with roles, else of anna."""
        headers = {**self.tokens.headers(*who), **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    def last(self) -> RequestRecord:
        return self.requests.records[-1]


@asynccontextmanager
async def running_gateway(
    settings: ApiGatewaySettings, database: ServiceDatabase, tokens: TokenFactory, *overrides: Provider
) -> AsyncIterator[Gateway]:
    kept = KeptRequests()
    async with running_service(DEFINITION, settings, kept.provider(), *overrides) as service:
        yield Gateway(service.client, service.app, service.container, settings, database, tokens, kept)
