"""A key's whole life, read from a real ClickHouse."""

import pytest
from clickhouse_connect.driver import Client

from analytics.changes import Actor, Change, ColumnChange
from analytics.errors import NothingFoundError, QuestionError
from analytics.timeline import related_tables, timeline
from cdc.catalog.declared import service_catalog
from tests.pipeline.recorded_changes import FILE, OTHER_FILE, TEACHER, RecordedChanges, at, file_image, version_image
from tests.support.declared_tables import table_named

FILES, VERSIONS = table_named("file.files"), table_named("file.file_versions")


def kinds(found: tuple[Change, ...]) -> list[str]:
    return [change.kind for change in found]


def test_each_change_has_its_time_its_actor_and_old_beside_new(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(0, ("file.files", "c", file_image()), ("file.files", "c", file_image(OTHER_FILE)))
    recorded.commit(1.000001, ("file.files", "u", file_image(filename="é,\t\\N", row_version="2")), actor=TEACHER)
    recorded.commit(2, ("file.files", "d", file_image(filename="é,\t\\N", row_version="2")))

    created, updated, deleted = timeline(clickhouse, FILES, FILE)

    assert [created.kind, updated.kind, deleted.kind] == ["created", "updated", "deleted"]
    assert created.version.commit_time.replace(tzinfo=None) == at(0).replace(tzinfo=None)
    assert updated.version.commit_time.replace(tzinfo=None) == at(1.000001).replace(tzinfo=None)
    assert created.version.actor == Actor(None, None, None, None)
    assert updated.version.actor == Actor(**TEACHER)
    assert updated.columns == (
        ColumnChange("filename", "essay.txt", "é,\t\\N"),
        ColumnChange("row_version", "1", "2"),
    )
    assert ColumnChange("filename", "é,\t\\N", None) in deleted.columns


def test_changes_follow_the_log_where_commit_times_do_not(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(5, ("file.files", "c", file_image()))
    recorded.commit(4, ("file.files", "u", file_image(status="failed")))
    assert kinds(timeline(clickhouse, FILES, FILE)) == ["created", "updated"]


def test_a_replayed_change_is_shown_once(clickhouse: Client) -> None:
    for _ in range(2):
        RecordedChanges(clickhouse).commit(0, ("file.files", "c", file_image()), actor=TEACHER)
    assert kinds(timeline(clickhouse, FILES, FILE)) == ["created"]


def test_a_value_that_its_type_cannot_hold_is_shown_as_the_text_it_was(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(0, ("file.files", "c", file_image()))
    recorded.commit(1, ("file.files", "u", file_image(deleted_at="infinity")))
    recorded.commit(2, ("file.files", "u", file_image(deleted_at="0044-03-15 12:00:00+00 BC")))
    _, first, second = timeline(clickhouse, FILES, FILE)
    assert first.columns == (ColumnChange("deleted_at", None, "infinity"),)
    assert second.columns == (ColumnChange("deleted_at", "infinity", "0044-03-15 12:00:00+00 BC"),)


def test_emptying_the_table_is_part_of_a_rows_life(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(0, ("file.files", "c", file_image()))
    recorded.commit(1, emptied=["file.files"], actor=TEACHER)
    recorded.commit(2, ("file.files", "c", file_image()))
    recorded.commit(3, emptied=["file.file_versions"])
    found = timeline(clickhouse, FILES, FILE)
    assert kinds(found) == ["created", "truncated", "created"]
    assert found[1].version.actor == Actor(**TEACHER)


def test_a_key_of_several_columns_finds_its_row_alone(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(0, *(("file.file_versions", "c", version_image(n)) for n in (1, 2)))
    (change,) = timeline(clickhouse, VERSIONS, f"{FILE},2")
    assert change.version.key == (FILE, "2")


def test_related_tables_are_woven_in_by_the_order_of_the_log(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    for version in (1, 2):
        op = "c" if version == 1 else "u"
        image = file_image(current_version=str(version))
        recorded.commit(version, ("file.files", op, image), ("file.file_versions", "c", version_image(version)))
    recorded.commit(3, ("file.file_versions", "c", version_image(1, OTHER_FILE)))

    found = timeline(clickhouse, FILES, FILE, related=True)

    assert [(change.version.table, change.version.key) for change in found] == [
        ("file.files", (FILE,)),
        ("file.file_versions", (FILE, "1")),
        ("file.files", (FILE,)),
        ("file.file_versions", (FILE, "2")),
    ]
    assert kinds(found) == ["created", "created", "updated", "created"]


def test_tables_are_related_by_the_first_column_of_their_keys() -> None:
    assert related_tables(FILES, service_catalog("file")) == (VERSIONS,)
    assert related_tables(VERSIONS, service_catalog("file")) == (FILES,)


def test_a_key_that_was_never_there_is_told_from_one_of_a_wrong_form(clickhouse: Client) -> None:
    with pytest.raises(NothingFoundError, match=f"file.files never had a row with the key {FILE}"):
        timeline(clickhouse, FILES, FILE)
    with pytest.raises(QuestionError, match=r"file\.files: file_id is of type uuid, and 'essay' is not"):
        timeline(clickhouse, FILES, "essay")
    with pytest.raises(QuestionError, match=r"file\.file_versions: version is of type integer, and '1.5' is not"):
        timeline(clickhouse, VERSIONS, f"{FILE},1.5")


def test_a_key_that_holds_sql_is_a_value_and_nothing_else(clickhouse: Client) -> None:
    with pytest.raises(QuestionError, match="is of type uuid"):
        timeline(clickhouse, FILES, "' OR 1 = 1 --")
