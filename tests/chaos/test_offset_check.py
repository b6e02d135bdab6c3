"""Committed offsets against what is stored: what each record says is told, and what is missing before one is named."""

import json
from typing import Any

import pytest

from cdc.kafka.offsets import Partition
from tests.chaos.offset_check import HISTORY, MESSAGES, TRANSACTIONS, TRUNCATES, Fact, Told, ahead, fact

PLACE = Partition("huleedu.file.public.files", 2)
STORED, LOST = Fact(HISTORY, "file.files", 0x10), Fact(HISTORY, "file.files", 0x20)
TOLD = [Told(PLACE, 4, STORED), Told(PLACE, 6, LOST)]


def of(**said: Any) -> Fact | None:
    return fact("file", json.dumps(said).encode())


def change(op: str) -> Fact | None:
    # The connector's own field comes as a text.
    return of(op=op, epoch="1", source={"lsn": 5, "table": "files"}, before=None, after=None)


def message(prefix: str) -> Fact | None:
    return of(op="m", epoch=1, source={"lsn": 5}, message={"prefix": prefix, "content": ""})


def end(status: str, *collections: str) -> Fact | None:
    counted = [{"data_collection": name, "event_count": 1} for name in collections]
    return of(status=status, id="7:255", data_collections=counted or None)


def test_a_record_behind_what_is_committed_need_not_be_stored() -> None:
    assert not list(ahead(TOLD, {PLACE: 6}, {STORED}))
    assert not list(ahead(TOLD, {}, set()))


def test_a_record_before_what_is_committed_that_is_not_stored_is_named() -> None:
    assert list(ahead(TOLD, {PLACE: 7}, {STORED})) == [
        "huleedu.file.public.files-2: 7 is committed, and what 6 says is not stored: history of file.files, 20"
    ]


def test_whatever_is_committed_and_stored_passes() -> None:
    assert not list(ahead(TOLD, {PLACE: 7}, {STORED, LOST}))


@pytest.mark.parametrize(("op", "rank"), [("d", 1), ("c", 2), ("u", 2)])
def test_a_change_is_found_by_its_version(op: str, rank: int) -> None:
    assert change(op) == Fact(HISTORY, "file.files", (1 << 96) + (5 << 32) + rank)


def test_a_truncate_is_found_by_what_it_hides() -> None:
    assert change("t") == Fact(TRUNCATES, "file.files", (1 << 96) + (5 << 32) + (1 << 32) - 1)


def test_a_message_is_found_unless_it_is_a_heartbeat_or_tells_a_partitions_truncate() -> None:
    assert message("huleedu.actor") == Fact(MESSAGES, "file", 5)
    assert message("huleedu.heartbeat") is None
    assert message("huleedu.truncate") is None


def test_of_a_transaction_its_end_is_found_if_it_changed_anything() -> None:
    only_a_message = "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$1@2f"
    assert end("END", only_a_message, "public.files") == Fact(TRANSACTIONS, "file", 255)
    assert end("END", only_a_message) is None
    assert end("END") is None
    assert end("BEGIN") is None
