"""One request as ClickHouse's HTTP interface understands it: parameters, settings, headers."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from deploy.local.clickhouse.errors import UNKNOWN_SETTING, ClickHouseError

# Parameters that steer the exchange; every other one is a setting of the query.
TRANSPORT_PARAMETERS = frozenset(
    {
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
PARAMETER_PREFIX = "param_"
_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Request:
    """What the client sent, but for its body."""

    method: str
    path: str
    headers: dict[str, str]
    parameters: dict[str, str]
    query_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.query_id = self.parameters.get("query_id") or str(uuid4())

    @classmethod
    def from_scope(cls, scope: dict[str, Any]) -> "Request":
        """The request that an ASGI scope describes."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        parameters = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        return cls(scope["method"], scope["path"], headers, parameters)

    def flag(self, name: str) -> bool:
        """Whether a parameter is switched on."""
        return self.parameters.get(name, "0") in {"1", "true"}

    @property
    def asks(self) -> bool:
        """Whether the URL holds a statement."""
        return "query" in self.parameters

    @property
    def format(self) -> str:
        """The format of an answer whose statement names none."""
        header = self.headers.get("x-clickhouse-format")
        return self.parameters.get("default_format") or header or "TabSeparated"

    @property
    def database(self) -> str | None:
        """The database that unqualified names are looked up in."""
        return self.parameters.get("database") or self.headers.get("x-clickhouse-database")

    @property
    def query_parameters(self) -> dict[str, str]:
        """Values of `{name:Type}` in the statement."""
        skip = len(PARAMETER_PREFIX)
        return {name[skip:]: value for name, value in self.parameters.items() if name.startswith(PARAMETER_PREFIX)}

    @property
    def settings(self) -> dict[str, str]:
        """The query's settings, `readonly` last: nothing can be set after it. ClickHouseError 115 on a bad name."""
        found = {
            name: value
            for name, value in self.parameters.items()
            if name not in TRANSPORT_PARAMETERS and not name.startswith(PARAMETER_PREFIX)
        }
        for name in found:
            if not _SETTING_NAME.fullmatch(name):
                raise ClickHouseError(UNKNOWN_SETTING, f"{name!r} is no name of a setting or parameter.")
        return dict(sorted(found.items(), key=lambda setting: setting[0] == "readonly"))
