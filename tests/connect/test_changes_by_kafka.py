"""What Debezium tells becomes what the slot's own stream becomes: every kind of change, actors, transactions."""

import random
from typing import Any

import pytest

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from deploy.local.postgres import Postgres
from tests.connect.through_kafka import MARK, ThroughKafka
from tests.pipeline.amounts import FIRST, OPERATIONS, RESPELLED, SHOWN, amounts_shown, captured_amounts, operations
from tests.pipeline.capture import Capture, file_ids, new_file, new_version
from tests.pipeline.conftest import empty_storage
from tests.pipeline.sample_values import Sample
from tests.pipeline.sampled import insert, sampled_table, texts_in_clickhouse, texts_in_postgres
from tests.support.service_database import ServiceTemplates

ONE, TWO, THREE = file_ids(3)
LARGE = 50_000
KINDS = (
    (new_file(ONE, "first.txt"), new_file(TWO), new_version(ONE, 1), new_version(ONE, 2)),
    (f"UPDATE file_versions SET size_bytes = 7 WHERE file_id = '{ONE}' AND version = 1",),
    (f"UPDATE file_versions SET version = 3 WHERE file_id = '{ONE}' AND version = 2",),
    (f"DELETE FROM file_versions WHERE file_id = '{ONE}' AND version = 1",),
    (
        new_version(ONE, 4),
        "SAVEPOINT here",
        new_version(ONE, 5),
        f"UPDATE files SET filename = 'undone' WHERE file_id = '{TWO}'",
        "ROLLBACK TO SAVEPOINT here",
        f"UPDATE files SET user_id = 'berta' WHERE file_id = '{TWO}'",
    ),
    (f"UPDATE files SET filename = 'über \\ \"2\"', current_version = 2 WHERE file_id = '{ONE}'",),
    (
        """SELECT pg_logical_emit_message(true, 'huleedu.actor', '{"user_id": "änn", "route": "PUT"}')""",
        f"UPDATE files SET file_id = '{THREE}' WHERE file_id = '{TWO}'",
    ),
    (f"DELETE FROM files WHERE file_id = '{THREE}'",),
    ("SELECT pg_logical_emit_message(false, 'outside', 'no transaction')",),
    ("TRUNCATE files CASCADE",),
    (new_file(TWO, "after the truncate"),),
)
# What is stored, but for what tells the time at which it was.
STORED = {
    "file_store.files_history": "*",
    "file_store.files_latest": "*",
    "file_store.file_versions_history": "*",
    "file_store.file_versions_latest": "*",
    "cdc.transactions": "*",
    "cdc.messages": "*",
    "cdc.actors": "*",
    "cdc.truncates": "*",
}


@pytest.fixture(name="through_kafka")
def _through_kafka(capture: Capture, connect: Connect, kafka: Kafka) -> ThroughKafka:
    return ThroughKafka(capture, connect, kafka.bootstrap)


def stored(capture: Capture) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, once; rows of the marks are the tests' own."""
    return {
        name: sorted(capture.select(f"SELECT {columns} FROM {name} FINAL{_but_for_marks(name)}"), key=str)
        for name, columns in STORED.items()
    }


def _but_for_marks(name: str) -> str:
    return f" WHERE prefix NOT LIKE '{MARK}%'" if name == "cdc.messages" else ""


def write_every_kind(capture: Capture) -> None:
    for statements in KINDS:
        capture.write(*statements)


def test_every_kind_of_change_is_stored_as_by_the_slot(through_kafka: ThroughKafka) -> None:
    capture = through_kafka.capture
    with through_kafka.connected(), capture.streaming():
        write_every_kind(capture)
        told = through_kafka.told()
        capture.catch_up()
    by_slot = stored(capture)
    assert {len(rows) > 0 for rows in by_slot.values()} == {True}
    empty_storage(capture.clickhouse)
    through_kafka.store(told)
    by_kafka = stored(capture)
    for name, rows in by_slot.items():
        assert by_kafka[name] == rows, name


def test_what_is_stored_again_changes_nothing(through_kafka: ThroughKafka) -> None:
    capture = through_kafka.capture
    with through_kafka.connected():
        write_every_kind(capture)
        told = through_kafka.told()
    through_kafka.store(told)
    once = stored(capture)
    through_kafka.store(told)
    assert stored(capture) == once


def test_a_change_goes_to_a_partition_by_its_key_and_a_value_says_its_epoch(through_kafka: ThroughKafka) -> None:
    capture = through_kafka.capture
    many = file_ids(40)
    with through_kafka.connected(epoch=7):
        capture.write(*(new_file(name) for name in many))
        capture.write("UPDATE files SET filename = 'again'")
        records = through_kafka.told()["huleedu.file.public.files"]
    places: dict[bytes, set[int]] = {}
    for record in records:
        places.setdefault(record.key, set()).add(record.partition)
    assert len(places) == len(many)
    assert {len(found) for found in places.values()} == {1}
    assert {record.partition for record in records} == {0, 1, 2}
    through_kafka.store({"huleedu.file.public.files": records})
    assert capture.select("SELECT DISTINCT _epoch FROM file.files_history") == [(7,)]


def test_a_large_value_that_did_not_change_is_stored_whole(
    postgres_server: Postgres,
    service_templates: ServiceTemplates,
    clickhouse_server: ClickHouse,
    connect: Connect,
    kafka: Kafka,
) -> None:
    types = ["text", "jsonb", "bytea", "text[]", "integer"]
    digits = "".join(random.Random(1).choices("0123456789abcdef", k=LARGE))
    large = Sample(1, (digits, f'["{digits}"]', f"\\x{digits}", f"{{{digits},b}}", "1"))
    with sampled_table(postgres_server, service_templates, clickhouse_server, types) as capture:
        through = ThroughKafka(capture, connect, kafka.bootstrap)
        with through.connected():
            insert(capture, [large], types)
            # PostgreSQL sends neither of the large values again, nor does a change of the key.
            capture.write("UPDATE samples SET c4 = 2")
            capture.write("UPDATE samples SET number = 3")
            told = through.told()
        through.store(told)
        assert (
            texts_in_clickhouse(capture)[3]
            == texts_in_postgres(capture)[3]
            == (
                digits,
                large.texts[1],
                f"\\x{digits}",
                f"{{{digits},b}}",
                "2",
            )
        )


def test_a_key_that_is_only_spelled_anew_ends_one_life_and_begins_another(
    postgres_server: Postgres,
    service_templates: ServiceTemplates,
    clickhouse_server: ClickHouse,
    connect: Connect,
    kafka: Kafka,
) -> None:
    with captured_amounts(postgres_server, service_templates, clickhouse_server.url) as amounts:
        through = ThroughKafka(amounts, connect, kafka.bootstrap)
        with through.connected():
            amounts.write(FIRST)
            amounts.write(RESPELLED)
            told = through.told()
        through.store(told)
        assert operations(amounts) == OPERATIONS
        assert amounts_shown(amounts) == SHOWN
