"""Which headers pass through the gateway, and which belong to one connection or to the gateway alone."""

from collections.abc import Iterable

Headers = list[tuple[str, str]]

# RFC 9110, section 7.6.1: of the connection between two neighbours. `Expect` was answered when the body was asked for.
HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization"})
HOP_BY_HOP |= {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
# Secrets of the caller, and what only claims where a request came from. Host and Remote-Addr are of the connection.
_KEPT_HERE = frozenset({"authorization", "cookie", "forwarded", "host", "remote-addr", "x-real-ip"})
_CLAIMS = "x-forwarded-"
# The server that answers writes its own.
_WRITTEN_ANEW = frozenset({"date", "server"})


def to_upstream(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers of a request as another service may see them."""
    given = list(headers)
    dropped = HOP_BY_HOP | _KEPT_HERE | _named_by_connection(given)
    return [(n, v) for n, v in given if n.lower() not in dropped and not n.lower().startswith(_CLAIMS)]


def to_caller(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers of another service's answer as the caller may see them."""
    given = list(headers)
    dropped = HOP_BY_HOP | _WRITTEN_ANEW | _named_by_connection(given)
    return [(name, value) for name, value in given if name.lower() not in dropped]


def _named_by_connection(headers: Headers) -> frozenset[str]:
    named = ",".join(value for name, value in headers if name.lower() == "connection")
    return frozenset(each.strip().lower() for each in named.split(","))
