"""The check of a replay: it counts each stored transaction that comes again once, however many come at once."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import OperationalError

from cdc.batch import Commit, Transaction
from cdc.catalog.version import position
from cdc.source import replay
from cdc.source.replay import DivergedError, ReplayCheck

MANY = 20_000
COMMITS = [Commit(Transaction(number, number, number), number + 1, 1) for number in range(1, MANY + 1)]


class StoredTransactions:
    """What ClickHouse answers of these commits; `failing` says at which question it is away."""

    def __init__(self, commits: Sequence[Commit], failing: int = 0) -> None:
        self.asked, self._failing = list[int](), failing
        self._names = {(each.end_lsn, each.transaction.xid) for each in commits}

    def query(self, query: str, parameters: Mapping[str, Any]) -> SimpleNamespace:
        if "cdc.progress" in query:
            return SimpleNamespace(result_rows=[(position(1, MANY + 1), 0, 0)])
        if "transactions" not in parameters:
            return SimpleNamespace(result_rows=[(len(self._names),)])
        self.asked.append(len(parameters["transactions"]))
        if len(self.asked) == self._failing:
            raise OperationalError("connection lost")
        return SimpleNamespace(result_rows=[(len(self._names & {name[:2] for name in parameters["transactions"]}),)])


def begun(stored: StoredTransactions, monkeypatch: pytest.MonkeyPatch) -> ReplayCheck:
    monkeypatch.setattr(replay, "_start_of_replay", lambda *_: 1)
    client: Any = stored
    nobody: Any = None
    check = ReplayCheck(client, "file", epoch=1)
    check.begin(nobody)
    return check


AFTER = [Commit(Transaction(MANY + 1, MANY + 1, MANY + 1), MANY + 2, 1)]


def test_a_long_replay_in_one_batch_is_asked_for_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = StoredTransactions(COMMITS)
    check = begun(stored, monkeypatch)
    check.check(COMMITS)
    check.check(AFTER)
    assert sum(stored.asked) == MANY
    assert max(stored.asked) < 2_500


def test_one_stored_transaction_that_does_not_come_again_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    check = begun(StoredTransactions(COMMITS), monkeypatch)
    check.check(COMMITS[:-2] + COMMITS[-1:])
    with pytest.raises(DivergedError, match="PostgreSQL has not 1 transactions that ClickHouse holds"):
        check.check(AFTER)


def test_a_question_that_fails_between_others_is_asked_again_and_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    check = begun(StoredTransactions(COMMITS[:-1], failing=3), monkeypatch)
    with pytest.raises(OperationalError):
        check.check(COMMITS)
    check.check(COMMITS)
    check.check(AFTER)


def test_a_question_that_fails_hides_no_missing_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    check = begun(StoredTransactions(COMMITS, failing=3), monkeypatch)
    with pytest.raises(OperationalError):
        check.check(COMMITS[5:])
    check.check(COMMITS[5:])
    with pytest.raises(DivergedError, match="has not 5 transactions"):
        check.check(AFTER)
