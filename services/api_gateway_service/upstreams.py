"""The other services as the gateway asks them: each through connections of its own, so that none holds up the rest."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx
import structlog
from prometheus_client import Counter

from services.api_gateway_service.proxy_headers import Headers
from services.kit.errors import ServiceUnavailableError, ValidationFailedError

ASKED = Counter("upstream_requests_total", "Requests passed on to another service.", ("upstream", "outcome"))
# Below the five seconds after which the services' server closes a silent connection: none is used as it closes.
_SECONDS_KEPT_OPEN = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Forwarded:
    """A request as it is passed on. target: path and query, encoded; body: None if there is none."""

    method: str
    target: bytes
    headers: Headers
    body: AsyncIterable[bytes] | None


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for a connection, for a silent service, and for the request as a whole to be passed on."""

    connect: float
    silence: float

    def timeout(self) -> httpx.Timeout:
        """As the client counts it."""
        return httpx.Timeout(self.silence, connect=self.connect, pool=self.connect)


class Upstreams:
    """Asks services by name, as an async context; addresses: their origins, such as `http://127.0.0.1:7001`."""

    def __init__(self, addresses: Mapping[str, str], patience: Patience, connections: int) -> None:
        self._addresses = {name: httpx.URL(address) for name, address in addresses.items()}
        self._patience = patience
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=_SECONDS_KEPT_OPEN)
        self._transports = {name: httpx.AsyncHTTPTransport(limits=limits) for name in addresses}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    async def ask(self, name: str, forwarded: Forwarded) -> httpx.Response:
        """The answer's head, its body still to be read; ServiceUnavailableError if none comes. Who asks closes it."""
        try:
            answer = await self._transports[name].handle_async_request(self._request(name, forwarded))
        except httpx.LocalProtocolError as error:
            raise ValidationFailedError(f"the request cannot be passed on: {error}") from error
        except httpx.TransportError as error:
            ASKED.labels(name, "away").inc()
            log.warning("upstream_away", upstream=name, reason=repr(error))
            raise _away(name) from error
        ASKED.labels(name, "answered").inc()
        return answer

    def _request(self, name: str, forwarded: Forwarded) -> httpx.Request:
        return httpx.Request(
            forwarded.method,
            self._addresses[name],
            # As they came: ASGI's headers are Latin-1.
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in forwarded.headers],
            content=forwarded.body,
            # The client would normalise a path; what was checked is what is sent.
            extensions={"target": forwarded.target, "timeout": self._patience.timeout().as_dict()},
        )


def _away(name: str) -> ServiceUnavailableError:
    message = f"the service {name} does not answer; try again later"
    return ServiceUnavailableError(message, code="upstream_unavailable", details={"upstream": name})
