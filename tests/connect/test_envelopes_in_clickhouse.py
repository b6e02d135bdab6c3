"""What ClickHouse makes of envelopes by itself, and which it refuses: nothing is left out, or guessed."""

import json
import math
import random
import struct
from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from cdc.batch import Rows
from cdc.catalog.clickhouse_ddl import LANDING_HEAD
from cdc.catalog.envelope_floats import between_two, float_text
from cdc.catalog.envelope_names import (
    ENVELOPE_FORMAT,
    ENVELOPE_INSERT_SETTINGS,
    ENVELOPE_MESSAGES,
    ENVELOPE_TRANSACTIONS,
    UNAVAILABLE,
)
from cdc.catalog.envelope_sql import envelopes_of, landing_rows_of
from cdc.clickhouse import insert
from cdc.dead_letters.landed import head_of, landed_rows, texts_of_row
from deploy.local.postgres import Postgres
from tests.pipeline.recorded_changes import FILE, file_image
from tests.support.declared_tables import table_named
from tests.support.sql import run

FILES = table_named("file.files")
COUNT = 2000
UNKNOWN = "Unexpected number of elements in named tuple|Tuple doesn't have element with name"


def envelope(op: str = "c", **changed: Any) -> dict[str, Any]:
    """A change of a file as Debezium writes it; `changed` are fields of its own."""
    image = {**file_image(), "created_at": "2026-11-22T22:30:20.500000Z"}
    images = {"before": None if op == "c" else image, "after": None if op == "d" else image}
    source = {"connector": "postgresql", "lsn": 100, "txId": 7, "ts_us": 1_795_796_296_051_333, "sequence": '["1","2"]'}
    return {**images, "source": source, "op": op, "ts_ms": 1, "epoch": "1"} | changed


def store(clickhouse: Client, *envelopes: dict[str, Any], table: str = envelopes_of(FILES)) -> None:
    body = "\n".join(map(json.dumps, envelopes)).encode()
    clickhouse.raw_insert(table, insert_block=body, fmt=ENVELOPE_FORMAT, settings=ENVELOPE_INSERT_SETTINGS)


def test_a_change_lands_with_its_version_its_commit_and_its_image(clickhouse: Client) -> None:
    store(clickhouse, envelope(), envelope("u", source=envelope()["source"] | {"lsn": 200}))
    shown = "SELECT _op, _lsn, _epoch, _xid, toUnixTimestamp64Micro(_commit_time), toString(created_at) FROM"
    rows = clickhouse.query(f"{shown} file.files_history ORDER BY _lsn").result_rows
    rest = (1, 7, 1_795_796_296_051_333, "2026-11-22 22:30:20.500000")
    assert rows == [("c", 100, *rest), ("u", 200, *rest)]


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (envelope(after={**file_image(), "brand_new": "x"}), UNKNOWN),
        (envelope("d", before={**file_image(), "brand_new": "x"}), UNKNOWN),
        (envelope(brand_new=1), "Unknown field"),
        (envelope(epoch="0"), "no change as the connector of huleedu writes it"),
        (envelope(op="r"), "no change as the connector of huleedu writes it"),
        (envelope(source={"txId": 7, "ts_us": 1}), "no change as the connector of huleedu writes it"),
        (envelope("u", before=None), "could not be told from what Debezium sent"),
        (envelope("d", before=None), "could not be told from what Debezium sent"),
        (envelope(after={**file_image(), "filename": UNAVAILABLE}), "could not be told from what Debezium sent"),
    ],
    ids=[
        "new column",
        "new old column",
        "new field",
        "no epoch",
        "copy",
        "no lsn",
        "no old row",
        "empty",
        "unavailable",
    ],
)
def test_what_cannot_be_stored_whole_is_refused(clickhouse: Client, refused: dict[str, Any], why: str) -> None:
    with pytest.raises(DatabaseError, match=why):
        store(clickhouse, envelope(), refused)
    assert clickhouse.query("SELECT count() FROM file.files_history WHERE _lsn = 100 AND _op != 'c'").result_rows == [
        (0,)
    ]


def test_a_field_that_is_not_there_is_null(clickhouse: Client) -> None:
    image = {name: value for name, value in file_image().items() if name != "user_id"}
    store(clickhouse, envelope(after=image))
    assert clickhouse.query("SELECT user_id FROM file.files").result_rows == [(None,)]


def test_the_query_of_given_envelopes_gives_the_rows_that_they_land_as(clickhouse: Client) -> None:
    odd = envelope("d", before={**file_image(), "filename": 'it\'s \\ "odd"\n\t漢𝄞 {x:String} %s'})
    given = "\n".join(map(json.dumps, [envelope(), odd, envelope("t", before=None, after=None)])).encode()
    body = clickhouse.raw_query(landing_rows_of(FILES, given), settings=ENVELOPE_INSERT_SETTINGS, fmt="RowBinary")
    created, deleted = landed_rows(Rows(2, body), len(FILES.columns), len(FILES.key))
    assert [head_of(row.body).op for row in (created, deleted)] == ["c", "d"]
    place = [column.name for column in FILES.columns].index("filename")
    assert texts_of_row(deleted.body)[place] == odd["before"]["filename"]
    insert(clickhouse, FILES.landing, (*LANDING_HEAD, *(column.name for column in FILES.columns)), Rows(2, body))
    by_rows = clickhouse.query("SELECT * FROM file_store.files_history ORDER BY _version").result_rows
    clickhouse.command("TRUNCATE TABLE file_store.files_history")
    store(clickhouse, envelope(), odd)
    assert clickhouse.query("SELECT * FROM file_store.files_history ORDER BY _version").result_rows == by_rows


def test_a_truncate_hides_what_was_before_it(clickhouse: Client) -> None:
    store(clickhouse, envelope())
    later = envelope()["source"] | {"lsn": 200}
    store(clickhouse, envelope("t", before=None, after=None, source=later))
    assert clickhouse.query("SELECT count() FROM file.files").result_rows == [(0,)]
    store(clickhouse, envelope(source=later | {"lsn": 300}))
    assert clickhouse.query("SELECT file_id FROM file.files").result_rows == [(UUID(FILE),)]


def test_the_end_of_a_transaction_counts_its_changes_and_not_its_messages(clickhouse: Client) -> None:
    message = "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId@1f"
    counts = [(message, 2), ("public.files", 3), ("public.file_versions", 1)]
    end = {
        "status": "END",
        "id": "7:4096",
        "event_count": 6,
        "data_collections": [{"data_collection": name, "event_count": count} for name, count in counts],
        "ts_ms": 1_795_796_296_051,
        "epoch": "1",
        "service": "file",
    }
    begin = end | {"status": "BEGIN", "id": "7:96", "event_count": None, "data_collections": None}
    heartbeat = end | {"id": "8:5000", "data_collections": end["data_collections"][:1]}  # type: ignore[index]
    store(clickhouse, begin, end, heartbeat, table=ENVELOPE_TRANSACTIONS)
    shown = "SELECT service, epoch, xid, commit_lsn, changes, toUnixTimestamp64Micro(commit_time) FROM cdc.transactions"
    assert clickhouse.query(shown).result_rows == [("file", 1, 7, 4096, 4, 1_795_796_296_051_000)]
    with pytest.raises(DatabaseError, match="epoch or service of the connector is not there"):
        store(clickhouse, end | {"service": ""}, table=ENVELOPE_TRANSACTIONS)


def test_a_message_outside_a_transaction_has_neither_xid_nor_time(clickhouse: Client) -> None:
    told = {key: value for key, value in envelope("m").items() if key not in {"before", "after"}}
    within = told | {"service": "file", "message": {"prefix": "a", "content": "6869"}}
    outside = within | {"source": told["source"] | {"txId": None, "lsn": 101}}
    heartbeat = within | {"message": {"prefix": "huleedu.heartbeat", "content": ""}}
    store(clickhouse, within, outside, heartbeat, table=ENVELOPE_MESSAGES)
    shown = "SELECT lsn, xid, toUnixTimestamp64Micro(commit_time), content FROM cdc.messages ORDER BY lsn"
    assert clickhouse.query(shown).result_rows == [(100, 7, 1_795_796_296_051_333, "hi"), (101, 0, 0, "hi")]


@pytest.mark.parametrize(("bits", "name"), [(32, "float4"), (64, "float8")])
def test_a_float_is_written_as_postgresql_writes_it_or_cannot_be_told(
    clickhouse: Client, postgres_server: Postgres, bits: int, name: str
) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    rng = random.Random(seed)
    drawn = [*(_any_float(rng, bits) for _ in range(COUNT)), 0.0, 1e15, 1e-4, 9.9e-5, 1e6, 1e21, 1e-6, 1e-7, 1e23]
    floats = [value for value in drawn if abs(value) < 3e38]
    given = ", ".join(map(repr, floats))
    wanted = [
        text
        for (text,) in run(postgres_server.dsn(), f"SELECT v::{name}::text FROM unnest(ARRAY[{given}]::float8[]) v")
    ]
    sent = "\n".join(json.dumps({"sent": repr(value)}) for value in floats)
    query = (
        f"SELECT {float_text('sent', bits)}, {between_two('sent', bits)}"
        f" FROM format(JSONEachRow, 'sent Nullable(String)', '{sent}')"
    )
    found = clickhouse.query(query, settings={"max_query_size": 1 << 26}).result_rows
    assert [
        (left, right) for left, (right, between) in zip(wanted, found, strict=True) if left != right and not between
    ] == []
    assert sum(between for _, between in found) < COUNT / 10


def _any_float(rng: random.Random, bits: int) -> float:
    if rng.random() < 1 / 2:
        return float(rng.uniform(-1, 1) * 10 ** rng.randint(-12, 20))
    [value] = struct.unpack("<d" if bits == 64 else "<f", rng.randbytes(bits // 8))
    return float(value) if math.isfinite(value) else 1.0
