"""What a change is: the difference between a version's image and the one before."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.changes import NO_ROW, Change, ColumnChange, Image, changes, differences
from tests.unit.analytics.versions import version

COLUMNS = ("a", "b", "c")
images = st.fixed_dictionaries({name: st.none() | st.sampled_from(["", "x", "y"]) for name in COLUMNS})
steps = st.lists(st.tuples(st.sampled_from("crud"), images), max_size=12)


def lived(story: list[tuple[str, dict[str, str | None]]]) -> list[Change]:
    """The changes of a key that lived through the steps; a deletion carries the last image, as capture's does."""
    versions, last = [], None
    for number, (op, image) in enumerate(story):
        carried = last if op == "d" and last is not None else image
        versions.append(version(number, op, carried))
        last = None if op == "d" else image
    return list(changes(versions))


def without_nulls(image: Image) -> dict[str, str]:
    return {name: value for name, value in image.items() if value is not None}


@given(before=images, after=images)
def test_applying_the_differences_to_the_old_image_gives_the_new_one(before: Image, after: Image) -> None:
    found = differences(before, after)
    assert dict(before) | {each.column: each.new for each in found} == after
    assert dict(after) | {each.column: each.old for each in found} == before


@given(before=images, after=images)
def test_a_column_is_shown_exactly_if_its_value_differs(before: Image, after: Image) -> None:
    shown = {each.column for each in differences(before, after)}
    assert shown == {name for name in COLUMNS if before[name] != after[name]}


@given(steps)
def test_each_old_value_is_what_the_change_before_left_and_the_last_image_is_reached(
    story: list[tuple[str, dict[str, str | None]]],
) -> None:
    state: dict[str, str] = {}
    for change in lived(story):
        if not (change.has_ended and change.is_first):
            for each in change.columns:
                assert state.get(each.column) == each.old
        state = without_nulls({**state, **{each.column: each.new for each in change.columns}})
    ended = not story or story[-1][0] == "d"
    assert state == ({} if ended else without_nulls(story[-1][1]))


@given(steps, st.data())
def test_a_snapshot_that_finds_the_row_as_it_was_leaves_the_timeline_as_it_was(
    story: list[tuple[str, dict[str, str | None]]], data: st.DataObject
) -> None:
    alive = [place for place, (op, _) in enumerate(story, start=1) if op != "d"]
    if not alive:
        return
    place = data.draw(st.sampled_from(alive))
    copied = [*story[:place], ("r", story[place - 1][1]), *story[place:]]
    assert summary(lived(copied)) == summary(lived(story))


def summary(found: list[Change]) -> list[tuple[str, bool, tuple[ColumnChange, ...]]]:
    return [(change.kind, change.is_first, change.columns) for change in found]


def test_a_snapshot_that_finds_another_value_is_shown_with_what_it_found() -> None:
    (_, found) = changes([version(1, "c", {"a": "x"}), version(2, "r", {"a": "y"})])
    assert (found.kind, found.columns) == ("snapshot", (ColumnChange("a", "x", "y"),))


def test_an_update_that_changed_nothing_is_still_something_that_somebody_did() -> None:
    (_, found) = changes([version(1, "c", {"a": "x"}), version(2, "u", {"a": "x"})])
    assert (found.kind, found.columns) == ("updated", ())


def test_null_and_empty_text_are_different_values() -> None:
    assert differences({"a": None}, {"a": ""}) == (ColumnChange("a", None, ""),)


def test_a_deletion_says_what_the_row_was_and_a_later_insert_starts_from_nothing() -> None:
    row = {"a": "x", "b": None}
    found = list(changes([version(1, "c", row), version(2, "d", row), version(3, "c", row)]))
    assert found[1].columns == (ColumnChange("a", "x", None),)
    assert found[2].columns == (ColumnChange("a", None, "x"),)
    assert [change.is_first for change in found] == [True, False, True]


def test_a_deletion_of_a_row_that_was_never_seen_says_what_the_row_was() -> None:
    (found,) = changes([version(1, "d", {"a": "x"})])
    assert found.columns == (ColumnChange("a", "x", None),)


def test_emptying_the_table_ends_a_row_that_was_there_and_says_nothing_of_one_that_was_not() -> None:
    row = {"a": "x"}
    there = list(changes([version(1, "c", row), version(2, "t", NO_ROW)]))
    gone = list(changes([version(1, "c", row), version(2, "d", row), version(3, "t", NO_ROW)]))
    assert [change.kind for change in there] == ["created", "truncated"]
    assert there[1].columns == (ColumnChange("a", "x", None),)
    assert [change.kind for change in gone] == ["created", "deleted"]
