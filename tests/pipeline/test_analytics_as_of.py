"""A table as it was at an instant, read from a real ClickHouse."""

from collections.abc import Mapping

import pytest
from clickhouse_connect.driver import Client

from analytics.as_of import AsOf, Rows, Span, captured_span
from analytics.errors import QuestionError
from cdc.retention import record_retention
from tests.pipeline.recorded_changes import FILE, OTHER_FILE, RecordedChanges, at, file_image
from tests.support.declared_tables import table_named

FILES = table_named("file.files")


def files_at(client: Client, seconds: float, where: Mapping[str, str] | None = None, limit: int = 10) -> Rows:
    return AsOf(FILES, at(seconds), where or {}, limit).texts(client)


def values(found: Rows, column: str) -> list[str]:
    place = found.columns.index(column)
    return [row[place] for row in found.rows]


def test_rows_are_those_that_commits_up_to_that_very_microsecond_left(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(1, ("file.files", "c", file_image(status="pending")))
    recorded.commit(2.000001, ("file.files", "u", file_image(status="completed")))
    recorded.commit(3, ("file.files", "d", file_image(status="completed")))
    seen = {moment: values(files_at(clickhouse, moment), "status") for moment in (0.999999, 1, 2, 2.000001, 2.9, 3)}
    assert seen == {
        0.999999: [],
        1: ["pending"],
        2: ["pending"],
        2.000001: ["completed"],
        2.9: ["completed"],
        3: [],
    }


def test_an_emptied_table_is_empty_from_then_on_and_only_then(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(1, ("file.files", "c", file_image()))
    recorded.commit(2, emptied=["file.files"])
    assert values(files_at(clickhouse, 1.5), "file_id") == [FILE]
    assert not files_at(clickhouse, 2).rows


def test_every_value_is_the_text_postgresql_wrote_also_one_that_its_type_cannot_hold(clickhouse: Client) -> None:
    image = file_image(deleted_at="infinity", deleted_by="", updated_at="2026-11-23 12:00:00.25+00")
    RecordedChanges(clickhouse).commit(1, ("file.files", "c", image))
    found = files_at(clickhouse, 1)
    shown = dict(zip(found.columns, found.rows[0], strict=True))
    del shown["_commit_time"]
    absent = dict.fromkeys(["assignment_id", "validation_error_code", "validation_error_message"])
    assert shown == {**image, **absent}


def test_conditions_hold_for_the_row_as_it_was_then(clickhouse: Client) -> None:
    recorded = RecordedChanges(clickhouse)
    recorded.commit(1, ("file.files", "c", file_image(status="failed")), ("file.files", "c", file_image(OTHER_FILE)))
    recorded.commit(2, ("file.files", "u", file_image(status="completed")))
    assert values(files_at(clickhouse, 1, {"status": "failed"}), "file_id") == [FILE]
    assert not files_at(clickhouse, 2, {"status": "failed"}).rows
    both = {"file_id": FILE.upper(), "current_version": "1"}
    assert values(files_at(clickhouse, 2, both), "status") == ["completed"]


def test_a_limit_shows_the_first_keys_and_says_that_there_are_more(clickhouse: Client) -> None:
    images = [file_image(OTHER_FILE), file_image(FILE)]
    RecordedChanges(clickhouse).commit(1, *(("file.files", "c", image) for image in images))
    first, both = files_at(clickhouse, 1, limit=1), files_at(clickhouse, 1, limit=2)
    assert (values(first, "file_id"), first.more) == ([FILE], True)
    assert (values(both, "file_id"), both.more) == ([FILE, OTHER_FILE], False)


def test_a_condition_on_no_column_or_with_a_value_of_another_type_is_refused(clickhouse: Client) -> None:
    with pytest.raises(QuestionError, match=r"file\.files has no captured column 'state'; it has file_id, .*status"):
        files_at(clickhouse, 1, {"state": "failed"})
    with pytest.raises(QuestionError, match=r"file\.files: current_version is of type integer, and 'one' is not"):
        files_at(clickhouse, 1, {"current_version": "one"})


def test_an_instant_from_which_not_all_is_kept_is_refused_with_the_first_that_can_be_told(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(1, ("file.files", "c", file_image()))
    record_retention(clickhouse, "file", "files", at(2))
    with pytest.raises(QuestionError, match=r"file\.files is kept since 2026-11-23 12:00:02\.000000 UTC only"):
        files_at(clickhouse, 1.999999)
    assert values(files_at(clickhouse, 2), "file_id") == [FILE]


def test_the_span_that_capture_can_speak_for_is_known(clickhouse: Client) -> None:
    assert captured_span(clickhouse, FILES) == Span(None, None)
    recorded = RecordedChanges(clickhouse)
    recorded.commit(1, ("file.files", "r", file_image()))
    recorded.commit(2, ("file.files", "u", file_image(status="failed")))
    recorded.commit(9)
    span = captured_span(clickhouse, FILES)
    assert [moment and moment.strftime("%S") for moment in (span.since, span.until)] == ["01", "09"]
