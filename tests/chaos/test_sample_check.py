"""The checks of a sample: the position behind what is stored, what is visible whole and with its actor."""

from dataclasses import replace

from tests.chaos.record import Outcome, Row, Sample, Transaction, Write
from tests.chaos.sample_check import broken_promises, is_settled

ROW = Row("file.files", "1")
TRANSACTION = Transaction(
    7,
    Outcome.COMMITTED,
    (Write(ROW, None, "a"), Write(ROW, "a", "b")),
    user_id="anna",
    durable_by=100,
)
EARLY = Sample(confirmed=90)
STORED = Sample(confirmed=120, whole=frozenset({7}), held={7: 2}, with_actor=frozenset({7}))


def found(sample: Sample, transaction: Transaction = TRANSACTION) -> list[str]:
    return list(broken_promises([transaction], sample, in_order=True))


def found_side_by_side(sample: Sample) -> list[str]:
    return list(broken_promises([TRANSACTION], sample, in_order=False))


def test_what_is_not_confirmed_need_not_be_there() -> None:
    assert not found(EARLY)
    assert not is_settled(TRANSACTION, EARLY)


def test_what_is_confirmed_and_there_is_settled() -> None:
    assert not found(STORED)
    assert is_settled(TRANSACTION, STORED)


def test_a_position_ahead_of_the_data_is_named() -> None:
    [sentence] = found(replace(STORED, held={7: 1}, whole=frozenset()))
    assert sentence == "everything up to 78 is said to be stored, and ClickHouse holds 1 of 2 changes of transaction 7"


def test_a_transaction_that_counts_as_whole_too_early_is_named() -> None:
    [sentence] = found(replace(STORED, confirmed=0, held={7: 1}))
    assert sentence == "transaction 7 counts as whole, and ClickHouse holds 1 of 2 changes of transaction 7"


def test_rows_before_their_actor_are_named() -> None:
    [sentence] = found(replace(STORED, with_actor=frozenset()))
    assert sentence == "changes of transaction 7 are visible without their actor"


def test_nothing_is_asked_of_a_transaction_that_was_rolled_back() -> None:
    assert not found(Sample(confirmed=120), replace(TRANSACTION, outcome=Outcome.ROLLED_BACK))


def test_what_ended_nobody_knows_where_is_settled_once_it_is_there_as_a_whole() -> None:
    lost = replace(TRANSACTION, durable_by=None)
    assert is_settled(lost, STORED)
    assert not is_settled(lost, replace(STORED, held={7: 1}))
    assert not is_settled(lost, replace(STORED, with_actor=frozenset()))


def test_what_changed_nothing_and_ended_nobody_knows_where_is_settled_at_once() -> None:
    assert is_settled(replace(TRANSACTION, writes=(), durable_by=None), EARLY)


def test_stored_side_by_side_a_transaction_may_be_torn_before_the_position_has_come_to_it() -> None:
    assert not found_side_by_side(replace(STORED, confirmed=90, held={7: 1}, with_actor=frozenset()))
    assert not found_side_by_side(replace(STORED, confirmed=90, whole=frozenset()))
    assert not found_side_by_side(STORED)


def test_stored_side_by_side_it_must_be_whole_and_have_its_actor_once_the_position_is_behind_it() -> None:
    said = "everything up to 78 is said to be stored, and"
    assert found_side_by_side(replace(STORED, whole=frozenset(), with_actor=frozenset())) == [
        f"{said} transaction 7 does not count as whole",
        f"{said} transaction 7 has no actor",
    ]
    assert found_side_by_side(replace(STORED, held={7: 1})) == [
        f"{said} ClickHouse holds 1 of 2 changes of transaction 7"
    ]
