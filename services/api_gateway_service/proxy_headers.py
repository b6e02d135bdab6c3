"""Which headers pass through the gateway, and which belong to one connection or to the gateway alone."""

from collections.abc import Iterable

from services.kit.correlation import CORRELATION_HEADER, correlation_id
from services.kit.identity import Caller, headers_of

Headers = list[tuple[str, str]]

# RFC 9110, section 7.6.1: of the connection between two neighbours. `Expect` was answered when the body was asked for.
HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization"})
HOP_BY_HOP |= {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
# Secrets of the caller, and what only claims where a request came from. Host and Remote-Addr are of the connection.
_KEPT_HERE = frozenset({"authorization", "cookie", "forwarded", "host", "remote-addr", "x-real-ip"})
_CLAIMS = "x-forwarded-"
# X-User-ID and X-User-Roles, and whatever else might once be said so.
IDENTITY = "x-user-"
# The server that answers writes its own.
_WRITTEN_ANEW = frozenset({"date", "server"})


def written_here(caller: Caller) -> dict[str, str]:
    """What the gateway itself tells of the current request: who asks, and in which action."""
    return {**headers_of(caller), CORRELATION_HEADER: str(correlation_id())}


def to_upstream(headers: Iterable[tuple[str, str]], caller: Caller) -> Headers:
    """The headers of a request as another service may see them; the gateway's own come last, and nothing drops them."""
    given = list(headers)
    dropped = HOP_BY_HOP | _KEPT_HERE | {CORRELATION_HEADER.lower()} | _named_by_connection(given)
    passed = [(n, v) for n, v in given if n.lower() not in dropped and not n.lower().startswith((_CLAIMS, IDENTITY))]
    return [*passed, *written_here(caller).items()]


def to_caller(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers of another service's answer as the caller may see them."""
    given = list(headers)
    dropped = HOP_BY_HOP | _WRITTEN_ANEW | _named_by_connection(given)
    return [(name, value) for name, value in given if name.lower() not in dropped]


def _named_by_connection(headers: Headers) -> frozenset[str]:
    named = ",".join(value for name, value in headers if name.lower() == "connection")
    return frozenset(each.strip().lower() for each in named.split(","))
