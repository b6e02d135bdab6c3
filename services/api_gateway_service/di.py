"""What the gateway's container provides beside what every service has: one provider a concern."""

from collections.abc import AsyncIterator
from functools import partial

from dishka import Provider, Scope, provide
from valkey.asyncio import Valkey

from services.api_gateway_service.admission import Admission
from services.api_gateway_service.authentication import Authentication
from services.api_gateway_service.circuit import Circuit
from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.policy_repository_postgres_impl import PostgresPolicyRepository
from services.api_gateway_service.protocols import PolicyRepository, RateLimiter, SessionRepository
from services.api_gateway_service.proxying import Proxy
from services.api_gateway_service.rate_limit_check import RateLimitCheck
from services.api_gateway_service.rate_limiter_valkey_impl import ValkeyRateLimiter
from services.api_gateway_service.request_facts import current_authenticated, current_facts
from services.api_gateway_service.request_log_di import RequestLogProvider
from services.api_gateway_service.rules_in_force import RulesInForce, stored_rules
from services.api_gateway_service.session_repository_postgres_impl import PostgresSessionRepository
from services.api_gateway_service.tokens import TokenRules, TokenVerifier
from services.api_gateway_service.upstreams import Patience, Upstreams
from services.kit.postgres.database import Database


class RepositoryProvider(Provider):
    """The implementations of the repositories' Protocols."""

    scope = Scope.REQUEST
    sessions = provide(PostgresSessionRepository, provides=SessionRepository)
    policies = provide(PostgresPolicyRepository, provides=PolicyRepository)


class AdmissionProvider(Provider):
    """Who is let in."""

    scope = Scope.APP
    admission = provide(Admission)
    limiting = provide(RateLimitCheck)
    facts = provide(staticmethod(current_facts), scope=Scope.REQUEST)
    authenticated = provide(staticmethod(current_authenticated), scope=Scope.REQUEST)

    @provide
    def verifier(self, settings: ApiGatewaySettings) -> TokenVerifier:
        """By the key and the names that this platform's tokens have."""
        return TokenVerifier(
            TokenRules(
                settings.jwt_algorithm,
                settings.verification_key(),
                settings.jwt_issuer,
                settings.jwt_audience,
                settings.jwt_roles_claim,
                settings.jwt_leeway,
            )
        )

    @provide
    def authentication(
        self, verifier: TokenVerifier, database: Database, settings: ApiGatewaySettings
    ) -> Authentication:
        """With a session for each token."""
        return Authentication(verifier, database, settings.session_touch_interval)


class RateLimitProvider(Provider):
    """What counts requests, and by which rules."""

    scope = Scope.APP

    @provide
    def rules(self, database: Database, settings: ApiGatewaySettings) -> RulesInForce:
        """The rules, read when the first request comes."""
        return RulesInForce(partial(stored_rules, database), settings.policy_cache_seconds)

    @provide
    async def limiter(self, settings: ApiGatewaySettings) -> AsyncIterator[RateLimiter]:
        """Connects with its first question, so that the gateway starts while Valkey is away."""
        url, timeout = settings.valkey_url.get_secret_value(), settings.valkey_timeout
        async with Valkey.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout) as valkey:
            yield ValkeyRateLimiter(valkey, Circuit(settings.valkey_retry_interval), timeout)


class ProxyProvider(Provider):
    """The way to the other services."""

    scope = Scope.APP

    @provide
    async def upstreams(self, settings: ApiGatewaySettings) -> AsyncIterator[Upstreams]:
        """Connects when it is asked."""
        addresses = {
            "content": str(settings.content_service_url),
            "spell_checker": str(settings.spell_checker_service_url),
            "file": str(settings.file_service_url),
            "cj_assessment": str(settings.cj_assessment_service_url),
        }
        patience = Patience(settings.upstream_connect_timeout, settings.upstream_timeout)
        async with Upstreams(addresses, patience, settings.upstream_connections) as upstreams:
            yield upstreams

    @provide
    def proxy(self, upstreams: Upstreams, settings: ApiGatewaySettings) -> Proxy:
        """With a limit on how long a request may take as a whole."""
        return Proxy(upstreams, settings.transfer_timeout)


PROVIDERS = (RepositoryProvider, AdmissionProvider, RateLimitProvider, ProxyProvider, RequestLogProvider)
