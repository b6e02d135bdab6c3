"""Changes written straight into ClickHouse's landing tables, as capture would, for tests of what is read from there."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clickhouse_connect.driver import Client

from cdc.catalog.version import truncate_version
from tests.support.declared_tables import table_named

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILE, OTHER_FILE = str(UUID(int=1)), str(UUID(int=2))
BATCH = str(UUID(int=100))
TEACHER = {"user_id": "teacher-1", "correlation_id": str(UUID(int=7)), "route": "PATCH /files", "reason": "a typo"}
_EPOCH, _TRANSACTION_BYTES = 1, 1000

Values = Mapping[str, str | None]
Landed = tuple[str, str, Values]  # a table's name, the op, and the image


def file_image(file_id: str = FILE, **values: str | None) -> Values:
    """A row of `file.files`, as PostgreSQL writes its values."""
    row = {
        "file_id": file_id,
        "batch_id": BATCH,
        "user_id": "teacher-1",
        "filename": "essay.txt",
        "current_version": "1",
        "status": "pending",
        "row_version": "1",
        "created_at": "2026-11-23 12:00:00+00",
        "updated_at": "2026-11-23 12:00:00+00",
    }
    return {**row, **values}


def version_image(version: int, file_id: str = FILE, **values: str | None) -> Values:
    """A row of `file.file_versions`, as PostgreSQL writes its values."""
    row = {
        "file_id": file_id,
        "version": str(version),
        "storage_key": f"{file_id}/{version}",
        "content_type": "text/plain",
        "size_bytes": "100",
        "sha256": str(version) * 64,
        "uploaded_by": "teacher-1",
        "correlation_id": str(UUID(int=7)),
        "created_at": f"2026-11-23 12:00:0{version}+00",
    }
    return {**row, **values}


def at(seconds: float) -> datetime:
    """The instant so many seconds after the tests' time began."""
    return START + timedelta(seconds=seconds)


class RecordedChanges:
    """Writes one transaction after the other; each has its xid, of `xids`, and a stretch of the log of its own."""

    def __init__(self, client: Client, xids: Iterable[int] = range(1, 1 << 31)) -> None:
        self._client, self._xids, self._xid, self._written = client, iter(xids), 0, 0

    def commit(
        self,
        seconds: float,
        *landed: Landed,
        actor: Mapping[str, str] | None = None,
        emptied: Sequence[str] = (),
    ) -> None:
        """One transaction, committed `seconds` after START: its actor, the tables it emptied, then its changes."""
        self._xid = next(self._xids)
        self._written += 1
        start = self._written * _TRANSACTION_BYTES
        if actor is not None:
            message = {"lsn": start, "prefix": "huleedu.actor", "content": json.dumps(actor)}
            self._tell("cdc.messages", seconds, message)
        for lsn, table in enumerate(emptied, start=start + 1):
            name = table_named(table).name
            self._tell("cdc.truncates", seconds, {"table": name, "version": truncate_version(_EPOCH, lsn)})
        for lsn, (table, op, image) in enumerate(landed, start=start + 100):
            self._land(table, op, lsn, seconds, image)
        end = start + _TRANSACTION_BYTES
        self._tell("cdc.commits", seconds, {"commit_lsn": end - 1, "end_lsn": end, "changes": len(landed)})

    def _land(self, table: str, op: str, lsn: int, seconds: float, image: Values) -> None:
        microseconds = (at(seconds) - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
        head = {"_op": op, "_lsn": lsn, "_epoch": _EPOCH, "_xid": self._xid, "_commit_us": microseconds}
        self._insert(table_named(table).landing, {**head, **image})

    def _tell(self, table: str, seconds: float, values: Mapping[str, object]) -> None:
        commit_time = at(seconds).strftime("%Y-%m-%d %H:%M:%S.%f")
        transaction = {"service": "file", "epoch": _EPOCH, "commit_time": commit_time, "xid": self._xid}
        self._insert(table, {**transaction, **values})

    def _insert(self, table: str, row: Mapping[str, object]) -> None:
        body = json.dumps(row).encode()
        self._client.raw_insert(table, list(row), body, fmt="JSONEachRow", settings={"async_insert": 0})
