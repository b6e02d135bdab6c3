"""The check of as-of views: it passes what history says of an instant, and names what differs."""

from tests.chaos.as_of_check import instants, wrong_as_of
from tests.chaos.record import Row, Seen, Version

ROW, OTHER = Row("file.files", "1"), Row("file.files", "2")
SEEN = Seen(
    versions=(
        Version(ROW, 100, "c", "a", 1, commit_us=10, changes=1),
        Version(ROW, 200, "u", "b", 2, commit_us=20, changes=2),
        Version(OTHER, 210, "c", "c", 2, commit_us=20, changes=2),
        Version(ROW, 300, "d", "b", 3, commit_us=30, changes=1),
    ),
    emptied=(("file.files", 40, 400),),
)


def wrong(at_us: int, *shown: tuple[Row, str]) -> list[str]:
    return list(wrong_as_of(SEEN, at_us, shown))


def test_each_instant_as_history_has_it_passes() -> None:
    assert not wrong(9)
    assert not wrong(19, (ROW, "a"))
    assert not wrong(20, (ROW, "b"), (OTHER, "c"))
    assert not wrong(30, (OTHER, "c"))
    assert not wrong(40)


def test_half_a_transaction_is_named() -> None:
    assert wrong(20, (ROW, "b")) == ["file.files 2: as of 20 it is None, and should be c"]


def test_a_row_from_before_a_truncate_is_named() -> None:
    assert wrong(40, (OTHER, "c")) == ["file.files 2: as of 40 it is c, and should be None"]


def test_a_row_shown_twice_is_named() -> None:
    assert wrong(19, (ROW, "a"), (ROW, "a")) == ["as of 19: 1 rows are shown more than once"]


def test_transactions_of_many_rows_are_asked_about_and_the_instant_before_them() -> None:
    assert instants(SEEN, seed=1) == [19, 20]
