"""The tables that are written to, as data: which row a number stands for, and where a row keeps its token."""

from dataclasses import dataclass
from datetime import UTC, datetime

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
_UUID = "lpad(to_hex({0}), 32, '0')::uuid"
# Too long to lie in the row, and hardly to be compressed: what an update does not touch is not sent.
_LONG_TEXT = (
    "CASE WHEN n % 2 = 0 THEN (SELECT string_agg(md5(n || '.' || part), '') FROM generate_series(1, 150) AS part) END"
)


@dataclass(frozen=True)
class Target:
    """A captured table; texts are of SQL, `{0}` in `row` and `renamed` is a row's number, as is `n` in `values`.

    key: the text that names a row, as PostgreSQL makes it, where `{0}` is which image of the row; seen_key: as
    ClickHouse does; token: the column that has it; values: those of `columns` but for the token, which comes last;
    fits: which numbers' rows may be there; free: when a row may leave its key.
    """

    service: str
    table: str
    key: str
    seen_key: str
    token: str
    columns: str
    values: str
    row: str
    renamed: str
    fits: str = "true"
    free: str = "true"

    @property
    def name(self) -> str:
        """`file.files`."""
        return f"{self.service}.{self.table}"


def _uuid(number: str) -> str:
    return _UUID.format(number)


FILES = Target(
    service="file",
    table="files",
    key="{0}file_id::text",
    seen_key="toString(file_id)",
    token="filename",
    columns="file_id, batch_id, user_id, validation_error_message, filename",
    values=f"{_uuid('n')}, {_uuid('n % 7')}, 'user ' || n % 5, {_LONG_TEXT}",
    row=f"file_id = {_uuid('{0}')}",
    renamed=f"file_id = {_uuid('{0}')}",
    free="NOT EXISTS (SELECT FROM file_versions WHERE file_versions.file_id = files.file_id)",
)
FILE_VERSIONS = Target(
    service="file",
    table="file_versions",
    key="{0}file_id || '/' || {0}version",
    seen_key="concat(toString(file_id), '/', toString(version))",
    token="storage_key",
    columns="file_id, version, content_type, size_bytes, sha256, uploaded_by, correlation_id, storage_key",
    values=f"{_uuid('n')}, 1, 'text/plain', n, lpad(to_hex(n), 64, '0'), 'anna', {_uuid('n')}",
    row=f"file_id = {_uuid('{0}')} AND version = 1",
    renamed=f"file_id = {_uuid('{0}')}",
    fits=f"EXISTS (SELECT FROM files WHERE file_id = {_uuid('n')})",
)
SESSIONS = Target(
    service="api_gateway",
    table="user_sessions",
    key="{0}session_id::text",
    seen_key="toString(session_id)",
    token="jti",
    columns="session_id, user_id, device, ip, expires_at, jti",
    values=f"{_uuid('n')}, 'user ' || n % 5, 'not captured', '10.0.0.1', now() + interval '1 day'",
    row=f"session_id = {_uuid('{0}')}",
    renamed=f"session_id = {_uuid('{0}')}",
)
POLICIES = Target(
    service="api_gateway",
    table="rate_limit_policies",
    key="{0}policy_id::text",
    seen_key="toString(policy_id)",
    token="route",
    columns="policy_id, role, request_limit, period_seconds, route",
    values=f"{_uuid('n')}, 'pupil', 1 + n % 9, 60",
    row=f"policy_id = {_uuid('{0}')}",
    renamed=f"policy_id = {_uuid('{0}')}",
)
_REQUESTED_AT = f"timestamptz '{TODAY.isoformat()}' - make_interval(mins => ({{0}} % 2000)::int)"
REQUESTS = Target(
    service="api_gateway",
    table="api_requests",
    key="{0}request_id::text",
    seen_key="toString(request_id)",
    token="route",
    columns="requested_at, request_id, method, status, auth_outcome, duration_us, request_bytes, response_bytes,"
    " rate_limited, correlation_id, route",
    values=f"{_REQUESTED_AT.format('n')}, {_uuid('n')}, 'GET', 200, 'accepted', n, 1, 2, false, {_uuid('n')}",
    row=f"request_id = {_uuid('{0}')} AND requested_at = {_REQUESTED_AT.format('{0}')}",
    renamed=f"request_id = {_uuid('{0}')}, requested_at = {_REQUESTED_AT.format('{0}')}",
)
TARGETS = (FILES, FILE_VERSIONS, SESSIONS, POLICIES, REQUESTS)
SERVICES = tuple(dict.fromkeys(target.service for target in TARGETS))
# A table beside them, not captured: each transaction leaves its name there, to be found if its answer was lost.
WITNESSES = "chaos_witnesses"
# A day of the gateway's log is a partition: rows lie on these.
PARTITIONED_DAYS = 2
# Which tables one TRUNCATE empties.
TRUNCATED_TOGETHER = ((FILES, FILE_VERSIONS), (FILE_VERSIONS,), (SESSIONS,), (POLICIES,), (REQUESTS,))
