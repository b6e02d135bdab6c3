"""verify: equal after any load and during it; any one value changed, row removed or row added is named."""

from collections.abc import Iterable
from typing import Any

import pytest

from cdc.catalog.model import CapturedTable
from cdc.verify import caught_up, proof
from cdc.verify.caught_up import NotCaughtUpError
from tests.pipeline.capture import Capture, file_ids, new_file, new_version
from tests.pipeline.first_start import FIRST, SECOND, open_transaction, update_to_later
from tests.pipeline.test_snapshot_under_load import copy_again
from tests.pipeline.writers import Load

ROWS = 24
IDS = file_ids(ROWS)
CHANGED = {
    "String": "concat(ifNull({0}, ''), '!')",
    "LowCardinality(String)": "concat({0}, '!')",
    "LowCardinality(Nullable(String))": "concat(ifNull({0}, ''), '!')",
    "UUID": "toUUID('99999999-0000-4000-8000-000000000000')",
    "Int32": "ifNull({0}, 0) + 1",
    "Int64": "ifNull({0}, 0) + 1",
    "UInt32": "{0} + 1",
    "DateTime64(6, 'UTC')": "ifNull({0}, toDateTime64('2026-01-01', 6, 'UTC')) + INTERVAL 1 SECOND",
    "Map(LowCardinality(String), String)": "map('filename', 'another')",
}
METADATA = {
    "_op": "LowCardinality(String)",
    "_xid": "UInt32",
    "_commit_time": "DateTime64(6, 'UTC')",
    "_raw": "Map(LowCardinality(String), String)",
}


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_SETTLE_SECONDS", 0.2)


def load(capture: Capture) -> None:
    """Rows that were copied, inserted and updated, in both tables."""
    capture.write(*(new_file(key, f"file {key}") for key in IDS[:8]))
    with capture.streaming():
        capture.write(*(new_file(key, f"file {key}") for key in IDS[8:]), *(new_version(key, 1) for key in IDS))
        capture.write("UPDATE files SET filename = filename || ' renamed', status = 'completed'")
        capture.catch_up()
        assert capture.differences() == []


def columns_of(table: CapturedTable) -> dict[str, str]:
    return {**{column.name: column.rule.clickhouse for column in table.value_columns}, **METADATA}


def change_one_value_each(capture: Capture, table: CapturedTable, stored: str) -> dict[str, str]:
    """Change each column in the newest row of a key of its own; the keys by column."""
    by_column = dict(zip(columns_of(table), IDS, strict=False))
    newest = f"_version = (SELECT max(_version) FROM {stored} WHERE file_id = '{{0}}')"
    if stored == table.history and "_commit_time" in by_column:
        del by_column["_commit_time"]  # it is part of the partition's key, which ClickHouse lets nobody change
    for column, key in by_column.items():
        value = CHANGED[columns_of(table)[column]].format(column)
        change(capture, stored, f"UPDATE {column} = {value} WHERE file_id = '{key}' AND {newest.format(key)}")
    return by_column


def change(capture: Capture, stored: str, command: str) -> None:
    capture.clickhouse.command(f"ALTER TABLE {stored} {command} SETTINGS mutations_sync = 2")


def named(differences: Iterable[str], table: CapturedTable, key: str) -> list[str]:
    return [each for each in differences if each.startswith(f"{table} file_id={key}")]


def names_an_origin(difference: str) -> bool:
    """Whether it is a transaction or a snapshot that lacks something, which no key is to blame for."""
    return " xid=" in difference or " snapshot=" in difference


@pytest.mark.parametrize("name", ["files", "file_versions"])
def test_any_value_changed_in_latest_is_named_with_its_key(capture: Capture, name: str) -> None:
    load(capture)
    table = capture.table(name)
    changed = change_one_value_each(capture, table, table.latest)
    with capture.running():
        found = capture.differences()
    for column, key in changed.items():
        [difference] = named(found, table, key)
        assert "history and latest: latest holds other values" in difference, column
    assert len(found) == len(changed)


@pytest.mark.parametrize("name", ["files", "file_versions"])
def test_any_value_changed_in_the_newest_history_row_is_named_with_its_key(capture: Capture, name: str) -> None:
    load(capture)
    table = capture.table(name)
    changed = change_one_value_each(capture, table, table.history)
    with capture.running():
        found = capture.differences()
    for column, key in changed.items():
        differences = named(found, table, key)
        assert any("history and latest: latest holds other values" in each for each in differences), column
        if column not in METADATA:
            assert any(f"PostgreSQL and ClickHouse: {column} is " in each for each in differences), column
    assert {each.split(":")[0] for each in found if not names_an_origin(each)} == {
        str(each).split(":", maxsplit=1)[0] for key in changed.values() for each in named(found, table, key)
    }


REMOVALS = {
    ("latest", "file_id = '{0}'"): "history and latest: the key is missing in latest",
    ("history", "file_id = '{0}'"): "PostgreSQL and ClickHouse: the row is missing in ClickHouse",
    (
        "history",
        "file_id = '{0}' AND _version = (SELECT max(_version) FROM file_store.files_history WHERE file_id = '{0}')",
    ): "PostgreSQL and ClickHouse: filename is",
}


def test_a_row_removed_is_named_with_its_key(capture: Capture) -> None:
    load(capture)
    table = capture.table("files")
    for ((where, condition), _), key in zip(REMOVALS.items(), IDS, strict=False):
        change(capture, f"file_store.files_{where}", f"DELETE WHERE {condition.format(key)}")
    with capture.running():
        found = capture.differences()
    for (_, sentence), key in zip(REMOVALS.items(), IDS, strict=False):
        assert any(sentence in each for each in named(found, table, key)), (sentence, found)
    assert all(
        any(each in named(found, table, key) for key in IDS[: len(REMOVALS)])
        for each in found
        if not names_an_origin(each)
    )


NEW_KEY = "77777777-0000-4000-8000-{0:012x}"
ADDITIONS = {
    "a new key in latest": (
        "latest",
        "* REPLACE ('{new}'::UUID AS file_id)",
        "history and latest: latest has a key that history has not",
    ),
    "a new key in history": (
        "history",
        "* REPLACE ('{new}'::UUID AS file_id)",
        "PostgreSQL and ClickHouse: ClickHouse has a row that PostgreSQL has not",
    ),
    "a newer version in latest": (
        "latest",
        "* REPLACE (_version + 1 AS _version, 'forged' AS filename)",
        "history and latest: latest holds version",
    ),
    "a newer version in history": (
        "history",
        "* REPLACE (_version + 1 AS _version, 'forged' AS filename)",
        "PostgreSQL and ClickHouse: filename is",
    ),
    "the same version again in latest": (
        "latest",
        "* REPLACE ('forged' AS filename)",
        "history and latest: latest holds other values",
    ),
    "the same version again in history": (
        "history",
        "* REPLACE ('forged' AS filename)",
        "PostgreSQL and ClickHouse: filename is",
    ),
    "a change in history that changes nothing": (
        "history",
        "* REPLACE (_version + 2 AS _version, 'u' AS _op, 42 AS _xid)",
        "history and its origins: no transaction is known",
    ),
    "one change more in a transaction in history": (
        "history",
        "* REPLACE (_version + 2 AS _version, 'u' AS _op)",
        "history and its origins: the transaction of version",
    ),
    "a newer version that the snapshot could not have seen": (
        "history",
        "* REPLACE ('forged' AS filename, toUInt32(_xid + 1000000) AS _xid, _version + 4 AS _version)",
        "is one that PostgreSQL has not written yet",
    ),
    "a version of an epoch to come": (
        "history",
        "* REPLACE ('forged' AS filename, _version + bitShiftLeft(toUInt128(1), 96) AS _version)",
        "is one that PostgreSQL has not written yet",
    ),
    "a deleted key in history that never was": (
        "history",
        "* REPLACE ('{new}'::UUID AS file_id, 'd' AS _op, 42 AS _xid)",
        "history and its origins: no transaction is known",
    ),
    "a copied key in history that never was": (
        "history",
        "* REPLACE ('{new}'::UUID AS file_id, _version - _version % 4294967296 AS _version, 'r' AS _op)",
        "history and its origins: no snapshot is known",
    ),
    "the same version at another time in history": (
        "history",
        "* REPLACE (_commit_time - INTERVAL 1 MILLISECOND AS _commit_time)",
        "history and its origins: no transaction is known",
    ),
    "a deletion in history": (
        "history",
        "* REPLACE (_version + 1 AS _version, 'd' AS _op)",
        "PostgreSQL and ClickHouse: the row is missing in ClickHouse",
    ),
}


def test_a_row_added_is_named_with_its_key(capture: Capture) -> None:
    load(capture)
    table, keys = capture.table("files"), {}
    for number, ((name, (where, row, _)), key) in enumerate(zip(ADDITIONS.items(), IDS, strict=False)):
        new = NEW_KEY.format(number)
        keys[name] = new if "{new}" in row else key
        newest = f"SELECT * FROM file_store.files_{where} WHERE file_id = '{key}' ORDER BY _version DESC LIMIT 1"
        capture.clickhouse.command(f"INSERT INTO file_store.files_{where} SELECT {row.format(new=new)} FROM ({newest})")
    with capture.running():
        found = capture.differences()
    missed = {name for name, (_, _, sentence) in ADDITIONS.items() if not says(found, table, keys[name], sentence)}
    assert missed == set(), "\n".join(found)
    # Which of a transaction's rows is too much cannot be told, so all of them are named.
    blamed = [each for each in found if "the transaction of version" not in each]
    assert all(any(each in named(found, table, key) for key in keys.values()) for each in blamed)


def test_a_truncate_that_never_was_is_named(capture: Capture) -> None:
    load(capture)
    capture.clickhouse.command(
        "INSERT INTO cdc.truncates VALUES ('file', 1, now64(6), 4000000, 'files', bitShiftLeft(toUInt128(2), 96))"
    )
    assert capture.select("SELECT count() FROM file.files") == [(0,)]
    with capture.running():
        found = capture.differences()
    assert any("a truncate up to version" in each and "has not written yet" in each for each in found), found


def says(found: Iterable[str], table: CapturedTable, key: str, sentence: str) -> bool:
    return any(sentence in each for each in named(found, table, key))


def test_a_load_that_goes_on_raises_no_false_alarm(capture: Capture) -> None:
    with capture.streaming(), Load(seed=11).going_on(capture):
        for _ in range(4):
            assert capture.differences() == []
            copy_again(capture, "files")


def test_what_commits_after_the_snapshot_is_not_compared(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction is in progress at the snapshot and one begins after it; both are stored before the comparison."""
    capture.write(*(new_file(key, "early") for key in (FIRST, SECOND)))
    with capture.streaming(), open_transaction(capture) as in_progress:
        update_to_later(in_progress, FIRST)
        capture.write(f"UPDATE files SET user_id = 'bo' WHERE file_id = '{SECOND}'")  # with a later xid, and seen
        wait_until_stored = caught_up.wait_until_stored

        def commit_meanwhile(*arguments: Any) -> None:
            in_progress.commit()
            capture.write(f"UPDATE files SET filename = 'later' WHERE file_id = '{SECOND}'")
            capture.catch_up()
            wait_until_stored(*arguments)

        monkeypatch.setattr(caught_up, "wait_until_stored", commit_meanwhile)
        looks = results_of(monkeypatch, "_compare_with_postgres")
        assert capture.differences() == []
    # The proof looks twice before it says that something differs; here the first look alone must be right.
    assert len(looks) == len(capture.catalog.tables)


def results_of(monkeypatch: pytest.MonkeyPatch, function: str) -> list[Any]:
    """Every result that a function of the proof will have, in order."""
    results, original = list[Any](), getattr(proof, function)

    def noted(*arguments: Any) -> Any:
        results.append(original(*arguments))
        return results[-1]

    monkeypatch.setattr(proof, function, noted)
    return results


def test_an_uncommitted_change_is_not_a_difference(capture: Capture) -> None:
    with capture.streaming():
        Load(seed=3, transactions=3, writers=2).write_all(capture)
        capture.write(new_file(IDS[-1]), commit=False)
        assert capture.differences() == []


def test_a_stopped_pipeline_is_said_not_to_have_caught_up(capture: Capture) -> None:
    load(capture)
    capture.write("UPDATE files SET filename = 'unseen'")
    with pytest.raises(NotCaughtUpError, match=r"file: ClickHouse is at \w+/\w+, not yet at .* is `python -m cdc run`"):
        capture.differences(seconds=0.3)


def test_a_database_that_was_never_captured_is_said_so(capture: Capture) -> None:
    with pytest.raises(NotCaughtUpError, match="file: nothing was captured yet"):
        capture.differences(seconds=0.3)
