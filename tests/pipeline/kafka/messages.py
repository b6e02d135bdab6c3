"""Messages of a table's topic as the connector writes them, made by hand."""

import json
from typing import NamedTuple

TOPIC = "huleedu.file.public.files"
COMMIT_US = 1_700_000_000_000_123


class Message(NamedTuple):
    """A message as a consumer hands it over."""

    offset: int
    key: bytes | None
    value: bytes | None
    topic: str = TOPIC
    partition: int = 0


def change(op: str, key: str, lsn: int, **columns: object) -> Message:
    """A change of a file; its offset is its LSN."""
    image = {"file_id": key, "batch_id": key, "user_id": "anna", "filename": "essay.txt", **columns}
    sides: dict[str, object] = {"before": image if op == "d" else None, "after": None if op == "d" else image}
    if op == "u":
        sides["before"] = image
    return _message(op, lsn, json.dumps({"file_id": key}).encode(), sides)


def truncate(lsn: int) -> Message:
    """A TRUNCATE of the table."""
    return _message("t", lsn, None, {"before": None, "after": None})


def broken(key: str, offset: int) -> Message:
    """Bytes that are no JSON, under a file's key."""
    return Message(offset, json.dumps({"file_id": key}).encode(), b'{"before":null,"after":{"file_id":"\xff')


def _message(op: str, lsn: int, key: bytes | None, sides: dict[str, object]) -> Message:
    source = {"lsn": lsn, "ts_us": COMMIT_US, "txId": 7, "schema": "public"}
    said = {**sides, "source": source, "op": op, "ts_ms": 1, "epoch": 1}
    return Message(lsn, key, json.dumps(said, separators=(",", ":")).encode())
