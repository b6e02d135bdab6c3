"""Named queries, each against a small story whose answers are known, on a real ClickHouse."""

import pytest
from clickhouse_connect.driver import Client

from analytics.errors import QuestionError
from analytics.named_queries import named_queries
from tests.pipeline.asked import ask, only
from tests.pipeline.recorded_changes import (
    BATCH,
    FILE,
    OTHER_FILE,
    TEACHER,
    RecordedChanges,
    file_image,
    version_image,
)

STUDENT = {"user_id": "student-9", "correlation_id": "c-9", "route": "POST /files"}
DELETED = {"deleted_at": "2026-11-23 12:00:05+00", "deleted_by": "teacher-1"}
FAILED = {"status": "failed", "validation_error_code": "TOO_SHORT", "validation_error_message": "9 characters"}


def tell_story(client: Client) -> None:
    """Two files: one with two versions, deleted, restored, purged; one that failed and was then corrected."""
    story = RecordedChanges(client)
    first, second = file_image(), file_image(OTHER_FILE, user_id="student-9", **FAILED)
    newer = {**first, "current_version": "2"}
    story.commit(1, ("file.files", "c", first), ("file.file_versions", "c", version_image(1)), actor=TEACHER)
    by_student = version_image(1, OTHER_FILE, uploaded_by="student-9", size_bytes="9")
    story.commit(2, ("file.files", "c", second), ("file.file_versions", "c", by_student), actor=STUDENT)
    story.commit(3, ("file.files", "u", newer), ("file.file_versions", "c", version_image(2)), actor=TEACHER)
    story.commit(4, ("file.files", "u", {**second, "row_version": "2"}), actor=STUDENT)
    story.commit(5, ("file.files", "u", {**newer, **DELETED}), actor=TEACHER)
    story.commit(6, ("file.files", "u", newer), actor=STUDENT)
    story.commit(7, ("file.files", "u", file_image(OTHER_FILE, user_id="student-9", status="completed")))


def purge(client: Client) -> None:
    story = RecordedChanges(client)
    for _ in range(7):
        story.commit(7)
    gone = [("file.file_versions", "d", version_image(n)) for n in (1, 2)]
    story.commit(8, *gone, ("file.files", "d", {**file_image(), "current_version": "2"}))


@pytest.mark.parametrize("name", named_queries())
def test_every_query_answers_from_an_empty_platform_with_no_rows(clickhouse: Client, name: str) -> None:
    assert ask(clickhouse, name) == []


def test_uploads_per_day_count_purged_and_replayed_versions_once(clickhouse: Client) -> None:
    for _ in range(2):
        tell_story(clickhouse)
    purge(clickhouse)
    (day,) = ask(clickhouse, "uploads_per_day")
    assert list(day.values())[1:] == [3, 2, 1, 209, 2]
    assert str(day["day"]) == "2026-11-23"
    assert ask(clickhouse, "uploads_per_day", since="2026-11-24") == []


def test_uploads_per_user_start_with_the_busiest(clickhouse: Client) -> None:
    tell_story(clickhouse)
    rows = ask(clickhouse, "uploads_per_user")
    assert only(rows, "user_id", "uploads", "files", "bytes") == [("teacher-1", 2, 1, 200), ("student-9", 1, 1, 9)]
    assert len(ask(clickhouse, "uploads_per_user", rows="1")) == 1


def test_uploads_per_batch_tell_what_the_batch_holds_now(clickhouse: Client) -> None:
    tell_story(clickhouse)
    columns = ("files_in_batch", "versions", "bytes", "completed", "failed", "deleted")
    assert only(ask(clickhouse, "uploads_per_batch", batch_id=BATCH), *columns) == [(2, 3, 209, 1, 0, 0)]
    assert ask(clickhouse, "uploads_per_batch", batch_id=FILE) == []
    purge(clickhouse)
    assert only(ask(clickhouse, "uploads_per_batch"), *columns) == [(1, 1, 9, 1, 0, 0)]


def test_a_validation_failure_counts_once_a_version_and_is_known_to_be_mended(clickhouse: Client) -> None:
    tell_story(clickhouse)
    columns = ("code", "files_failed", "versions_failed", "failed_still", "last_message")
    assert only(ask(clickhouse, "validation_failures"), *columns) == [("TOO_SHORT", 1, 1, 0, "9 characters")]


def test_a_validation_failure_that_stands_is_counted_as_standing(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(1, ("file.files", "c", file_image(**FAILED)))
    assert only(ask(clickhouse, "validation_failures"), "code", "failed_still") == [("TOO_SHORT", 1)]


def test_versions_per_file_leave_out_files_with_fewer(clickhouse: Client) -> None:
    tell_story(clickhouse)
    columns = ("file_id", "filename", "versions", "distinct_contents")
    found = [(str(file_id), *rest) for file_id, *rest in only(ask(clickhouse, "versions_per_file"), *columns)]
    assert found == [(FILE, "essay.txt", 2, 2)]
    assert len(ask(clickhouse, "versions_per_file", at_least="1")) == 2


def test_changes_by_actor_tell_who_changed_what_by_which_route(clickhouse: Client) -> None:
    tell_story(clickhouse)
    columns = ("user_id", "route", "changed", "created", "updated", "deleted")
    rows = ask(clickhouse, "changes_by_actor")
    assert set(only(rows, *columns)) == {
        ("teacher-1", "PATCH /files", "file.files", 1, 2, 0),
        ("teacher-1", "PATCH /files", "file.file_versions", 2, 0, 0),
        ("student-9", "POST /files", "file.files", 1, 2, 0),
        ("student-9", "POST /files", "file.file_versions", 1, 0, 0),
        (None, None, "file.files", 0, 1, 0),
    }
    assert {row["user_id"] for row in ask(clickhouse, "changes_by_actor", user_id="student-9")} == {"student-9"}


def test_the_busiest_users_are_named_and_changes_of_nobody_left_out(clickhouse: Client) -> None:
    tell_story(clickhouse)
    columns = ("user_id", "requests", "transactions", "changed_rows", "files")
    assert only(ask(clickhouse, "busiest_users"), *columns) == [("teacher-1", 1, 3, 5, 1), ("student-9", 1, 3, 4, 2)]


def test_deletions_restorations_and_purges_are_told_newest_first_with_who_and_why(clickhouse: Client) -> None:
    tell_story(clickhouse)
    purge(clickhouse)
    columns = ("what", "filename", "by", "reason")
    assert only(ask(clickhouse, "deleted_and_restored"), *columns) == [
        ("purged", "essay.txt", None, None),
        ("restored", "essay.txt", "student-9", None),
        ("deleted", "essay.txt", "teacher-1", "a typo"),
    ]


def test_what_a_snapshot_copies_is_nobodys_change(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(1, ("file.files", "r", file_image(**DELETED)))
    names = ("changes_by_actor", "busiest_users", "deleted_and_restored")
    assert [ask(clickhouse, name) for name in names] == [[], [], []]


def test_a_parameter_of_a_wrong_form_is_refused_by_name(clickhouse: Client) -> None:
    with pytest.raises(QuestionError, match="Value many cannot be parsed as UInt32 for query parameter 'rows'"):
        ask(clickhouse, "uploads_per_user", rows="many")
    with pytest.raises(QuestionError, match="query parameter 'batch_id'"):
        ask(clickhouse, "uploads_per_batch", batch_id="essay")
