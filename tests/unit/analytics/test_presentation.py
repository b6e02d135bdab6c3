"""How a change reads, for people and for programs."""

import json
from io import StringIO

from rich.console import Console

from analytics.changes import Actor, Change, changes
from analytics.presentation import change_block, change_record
from tests.unit.analytics.versions import version

ACTOR = Actor("teacher-1", "c0ffee", "POST /files", "a [bold]typo[/bold]")


def read(change: Change, subject: str = "shop.things k") -> str:
    written = StringIO()
    Console(file=written, width=60).print(change_block(change, subject))
    return written.getvalue()


def test_a_record_has_who_when_in_which_request_and_old_beside_new() -> None:
    (_, change) = changes([version(1, "c", {"a": "x", "b": "s"}), version(2, "u", {"a": None, "b": "s"}, ACTOR)])
    assert json.loads(json.dumps(change_record(change))) == {
        "at": "2026-11-23T12:30:00.000000+00:00",
        "kind": "updated",
        "table": "shop.things",
        "key": ["k"],
        "user_id": "teacher-1",
        "correlation_id": "c0ffee",
        "route": "POST /files",
        "reason": "a [bold]typo[/bold]",
        "changes": {"a": {"old": "x", "new": None}},
        "version": "2",
    }


def test_a_block_says_when_what_who_and_why_and_shows_only_what_changed() -> None:
    (_, change) = changes([version(1, "c", {"a": "x", "b": "s"}), version(2, "u", {"a": None, "b": "s"}, ACTOR)])
    lines = [line.strip() for line in read(change).splitlines()]
    assert lines[0] == "2026-11-23 12:30:00.000000 UTC  updated"
    assert " ".join(lines[1:3]) == "by teacher-1  in POST /files  request c0ffee  because a [bold]typo[/bold]"
    assert lines[3] == "a  x → NULL"
    assert not any(lines[4:])


def test_the_first_and_the_last_change_show_one_value_a_column() -> None:
    (created, deleted) = changes([version(1, "c", {"a": "x"}), version(2, "d", {"a": "x"})])
    assert "a  x" in read(created)
    assert "a  x" in read(deleted)
    assert "→" not in read(created) + read(deleted)


def test_a_change_of_another_row_names_it() -> None:
    (change,) = changes([version(1, "c", {"a": "x"})])
    assert "shop.things k" in read(change, "shop.other k")
    assert "shop.things k" not in read(change)


def test_a_long_value_is_folded_and_never_cut() -> None:
    (change,) = changes([version(1, "c", {"a": "x" * 150})])
    assert read(change).count("x") == 150


def test_an_update_without_a_difference_says_so() -> None:
    (_, change) = changes([version(1, "c", {"a": "x"}), version(2, "u", {"a": "x"})])
    assert "no column changed" in read(change)
