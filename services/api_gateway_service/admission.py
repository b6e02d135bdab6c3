"""What every request to a route passes before it is answered here or passed on: its token, then its rate limit."""

from ipaddress import ip_address

from dishka import AsyncContainer
from quart import Blueprint, Response, g, request

from services.api_gateway_service.authentication import Authenticated, Authentication, Origin
from services.api_gateway_service.domain import LONGEST_DEVICE, AuthOutcome
from services.api_gateway_service.proxy_headers import IDENTITY, written_here
from services.api_gateway_service.rate_limit_check import RateLimitCheck
from services.api_gateway_service.request_facts import NO_ROUTE, RequestFacts, current_facts
from services.api_gateway_service.routes import template_of
from services.api_gateway_service.tokens import TokenRefusedError
from services.kit.correlation import correlation_id
from services.kit.errors import ServiceUnavailableError, TooManyRequestsError
from services.kit.identity import Caller
from services.kit.web.requests import current_route

STATUS_HEADER = "X-RateLimit-Status"
UNCOUNTED = "uncounted"


class Admission:
    """The door: whoever passed it is named in the request's headers as the other services know them, by nobody else."""

    def __init__(self, authentication: Authentication, limits: RateLimitCheck) -> None:
        self._authentication = authentication
        self._limits = limits

    async def admit(self, facts: RequestFacts) -> None:
        """Let the current request in; TokenRefusedError, TooManyRequestsError, ServiceUnavailableError."""
        rule = request.url_rule.rule if request.url_rule else NO_ROUTE
        facts.route = template_of(rule)
        found = await self._authenticated(facts)
        facts.authenticated = found
        _name_in_headers(found.caller)
        try:
            facts.counted = await self._limits.admit(found.caller, limited_route(request.method, rule))
        except TooManyRequestsError:
            facts.rate_limited = True
            raise

    async def _authenticated(self, facts: RequestFacts) -> Authenticated:
        headers = request.headers.getlist("Authorization")
        try:
            found = await self._authentication.authenticate(headers, _origin(), current_route())
        except TokenRefusedError as refusal:
            facts.auth_outcome = refusal.outcome
            raise
        except ServiceUnavailableError:
            facts.auth_outcome = AuthOutcome.UNDECIDED
            raise
        facts.auth_outcome = AuthOutcome.ACCEPTED
        return found


def admitted(*blueprints: Blueprint) -> tuple[Blueprint, ...]:
    """The blueprints, none of whose routes can be reached past the door."""
    for blueprint in blueprints:
        blueprint.before_request(_admit)
    return blueprints


async def _admit() -> None:
    container: AsyncContainer = g.dishka_container
    await (await container.get(Admission)).admit(current_facts())


def _name_in_headers(caller: Caller) -> None:
    """Whatever the request itself said of a user, in however many headers, is gone."""
    for name in {name for name, _ in request.headers if name.lower().startswith(IDENTITY)}:
        request.headers.remove(name)
    request.headers.update(written_here(caller))


def limited_route(method: str, rule: str) -> str:
    """How rules name a route; HEAD is limited together with GET."""
    return f"{'GET' if method == 'HEAD' else method} {template_of(rule)}"


def _origin() -> Origin:
    """An address that is none, as of a socket in the file system, is left out; a user agent is cut to what fits."""
    device = request.headers.get("User-Agent", "")[:LONGEST_DEVICE].replace("\0", "")
    address = (request.remote_addr or "").partition("%")[0]
    try:
        return Origin(device or None, str(ip_address(address)))
    except ValueError:
        return Origin(device or None, None)


def say_what_holds(response: Response) -> Response:
    """What an answer tells of its admission: how to authenticate, and whether it was counted."""
    facts = current_facts()
    facts.correlation_id = correlation_id()
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if not facts.counted:
        response.headers[STATUS_HEADER] = UNCOUNTED
    return response
