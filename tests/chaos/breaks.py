"""Deliberate breaks of capture, as data: what is changed where, what that breaks, and which check must see it."""

from collections.abc import Sequence
from dataclasses import dataclass

_CHANGES = "tests/pipeline/test_changes.py::test_"
_FAULTS = "tests/pipeline/test_faults.py::test_"
_LETTERS = "tests/pipeline/test_dead_letters.py::test_"


@dataclass(frozen=True)
class Edit:
    """A text that stands in a module once, and what takes its place."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Break:
    """One break; `check` is the arguments of `python -m` that must fail with it, and pass without it."""

    name: str
    breaks: str
    edits: Sequence[Edit]
    check: Sequence[str]

    @property
    def by_kafka(self) -> bool:
        """Whether the check needs Kafka, and so Java."""
        return BY_KAFKA in self.check


BY_KAFKA = "--source=kafka"


def _chaos(kinds: str, faults: int, *by: str) -> Sequence[str]:
    return ("tests.chaos", "--seed=1", *by, f"--faults={faults}", f"--kinds={kinds}")


def _test(*names: str) -> Sequence[str]:
    return ("pytest", "-q", "-n0", *names)


_KINDS_AWAY = "stop ClickHouse,kill capture,inserts unanswered"
_AWAY, _AWAY_BY_KAFKA = _chaos(_KINDS_AWAY, 6), _chaos(_KINDS_AWAY, 6, BY_KAFKA)
_ADD_TO_LANES = "        for partition, records in own.items():\n            self.lanes[partition.topic].add(records)\n"
_STORE_CHANGES = "            store_changes = partial(self._store_changes, batch)\n"
_STORE_MESSAGES = '        self._insert("cdc.messages", _MESSAGE_COLUMNS, map(self._message, batch.messages))\n'
_STORE_COMMITS = '        self._insert("cdc.commits", _COMMIT_COLUMNS, map(self._commit, batch.commits))\n'

BREAKS = (
    Break(
        "acknowledge before insert",
        "the slot is ahead of what is stored: whatever capture held is lost when it is killed",
        [
            Edit(
                "cdc/storing/inserter.py",
                _STORE_CHANGES,
                "            self.acknowledged = batch.end_lsn or self.acknowledged\n"
                f"            self.call.bell.ring()\n{_STORE_CHANGES}",
            )
        ],
        _AWAY,
    ),
    Break(
        "batch dropped after a failed insert",
        "what ClickHouse did not take once is lost",
        [Edit("cdc/storing/inserter.py", "        self._retry.go_on(store_changes, error)\n", "        pass\n")],
        _AWAY,
    ),
    Break(
        "slot moved within a transaction",
        "a transaction of which a part is stored is not sent again",
        [
            Edit(
                "cdc/source/pgoutput.py",
                "since_2000 + _POSTGRES_EPOCH_US, commit_lsn), 0\n",
                "since_2000 + _POSTGRES_EPOCH_US, commit_lsn), 0\n"
                "        self.batch.commits.append(Commit(self._transaction, commit_lsn + 1, 0))\n",
            )
        ],
        _test(f"{_FAULTS}capture_killed_within_a_transaction_takes_the_whole_of_it_again"),
    ),
    Break(
        "commits stored before rows",
        "a transaction counts as whole, and a position as reached, before the rows are there",
        [
            Edit(
                "cdc/storing/inserter.py",
                "        self._commits.add(batch.commits)\n        return True\n",
                "        return True\n",
            ),
            Edit(
                "cdc/storing/inserter.py",
                _STORE_CHANGES,
                f"            self._commits.add(batch.commits)\n{_STORE_CHANGES}",
            ),
        ],
        _AWAY,
    ),
    Break(
        "messages after rows",
        "rows are visible without the actor that was sent",
        [
            Edit("cdc/storing/sink.py", _STORE_MESSAGES, ""),
            Edit("cdc/storing/sink.py", _STORE_COMMITS, _STORE_MESSAGES + _STORE_COMMITS),
        ],
        _AWAY,
    ),
    Break(
        "wrong rank",
        "a row whose key was only spelt anew is gone",
        [Edit("cdc/catalog/version_sql.py", "0, _op = 'd', 1, 2)", "0, _op = 'd', 2, 1)")],
        _test("tests/pipeline/test_versions_stored.py", "tests/pipeline/test_types_carried.py"),
    ),
    Break(
        "TRUNCATE ignored",
        "rows that PostgreSQL has no more stay",
        [Edit("cdc/source/pgoutput.py", 'ord("T"): self._on_truncate', 'ord("T"): self._ignore')],
        _test(f"{_CHANGES}truncate_hides_all_rows_from_before_and_none_from_after"),
    ),
    Break(
        "copies that do not wait for open transactions",
        "the slot's consistent point as a copy's version: updates that were open then are lost",
        [Edit("cdc/copies/snapshot.py", "    _wait_until_ended(connection, xid, stopped)\n", "")],
        _test("tests/pipeline/test_snapshot_under_load.py"),
    ),
    Break(
        "key change without deletion",
        "the row stays under its old key",
        [Edit("cdc/source/pgoutput.py", '            self._add(relation, b"d", lsn, old)\n', "")],
        _test(f"{_CHANGES}a_key_change_ends_one_life_and_begins_another_in_one_transaction"),
    ),
    Break(
        "unchanged TOAST replaced by NULL",
        "a large value is lost by an update beside it",
        [Edit("cdc/source/tuples.py", "= old[{place}] if old else missing()", "= NULL")],
        _test(f"{_CHANGES}a_large_value_is_whole_and_an_update_beside_it_keeps_it"),
    ),
    Break(
        "no bisection",
        "a refused change takes with it all that came in the same insert",
        [
            Edit(
                "cdc/dead_letters/sifting.py",
                "            parts += [offered[middle:], offered[:middle]]\n",
                "            found.refused.extend((row, f'{middle}') for row in offered)\n",
            )
        ],
        _test(f"{_LETTERS}a_refused_change_is_parked_and_everything_else_flows_on"),
    ),
    Break(
        "changes that overtake a refused one",
        "the order of a key's changes is lost once one of them was refused",
        [Edit("cdc/dead_letters/sifting.py", "            blocked.add(offered[0].key)\n", "            pass\n")],
        _test(f"{_LETTERS}changes_of_the_key_wait_also_if_they_come_in_the_same_transaction"),
    ),
    Break(
        "offsets committed before inserts",
        "a group is ahead of what is stored: whatever a sink held is lost when it is killed",
        [
            Edit(
                "cdc/kafka/assignment.py",
                _ADD_TO_LANES,
                "        self.offsets.stored({each: records[-1].offset + 1 for each, records in own.items()})\n"
                + _ADD_TO_LANES,
            )
        ],
        _AWAY_BY_KAFKA,
    ),
)
