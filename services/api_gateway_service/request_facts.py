"""What is found out about a request on its way through the gateway, for whoever records it when it has ended."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quart import request

from services.api_gateway_service.authentication import Authenticated
from services.api_gateway_service.domain import AuthOutcome
from services.kit.errors import UnauthenticatedError

NO_ROUTE = "(no route)"
_KEY = "gateway.facts"


@dataclass
class RequestFacts:
    """Filled in as a request is worked on; what `until_end` holds is closed when it has ended, however it ended."""

    route: str = NO_ROUTE
    auth_outcome: AuthOutcome = AuthOutcome.ANONYMOUS
    authenticated: Authenticated | None = None
    rate_limited: bool = False
    counted: bool = True
    correlation_id: UUID | None = None
    upstream: str | None = None
    until_end: AsyncExitStack = field(default_factory=AsyncExitStack)


def begin_facts(scope: dict[str, Any]) -> RequestFacts:
    """The facts of a request that has just come in, kept in its ASGI scope."""
    facts = RequestFacts()
    scope[_KEY] = facts
    return facts


def current_facts() -> RequestFacts:
    """The facts of the request that is being handled."""
    scope: Any = request.scope
    facts: RequestFacts = scope[_KEY]
    return facts


def current_authenticated() -> Authenticated:
    """Who was let in with this request; UnauthenticatedError if nobody was."""
    found = current_facts().authenticated
    if found is None:
        raise UnauthenticatedError("nobody was let in")
    return found
