"""Parking: which rows on their way into ClickHouse are stored, and which are kept as dead letters.

A row that ClickHouse refuses is parked, and what comes of the same key later is parked behind it. Letters are durable
before this returns, so the stream goes on as if the rows were stored; everything here can be repeated.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.model import CapturedTable
from cdc.dead_letters.attempt import attempt
from cdc.dead_letters.key_set import KeySet
from cdc.dead_letters.landed import LandedRow, landed_rows
from cdc.dead_letters.letter import Letter, key_texts, letter_of
from cdc.dead_letters.letter_box import newest_refused, oldest_open, open_keys, open_tables, write
from cdc.dead_letters.limits import IN_A_ROW
from cdc.dead_letters.redrive import redrive
from cdc.dead_letters.sifting import Sifted, Streak, sift
from cdc.metrics import ROWS_PARKED

_log = logging.getLogger(__name__)


@dataclass
class _OfTable:
    """What is remembered of one table: its keys that have open letters, and the refused changes in a row.

    The threads of a stream and a copy share it. Who was refused says so before anything else: what comes from then on
    is sorted out after that, and passes no change that is yet to be parked.
    """

    waiting: KeySet
    streak: Streak
    refused: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_clear(self) -> bool:
        """Whether rows can be tried together: no letter is open, and none is about to be."""
        return not self.waiting and not self.refused

    @contextmanager
    def sorting_out(self) -> Iterator[None]:
        """Be the one that sorts rows out, while whoever comes later waits for it."""
        own = threading.get_ident()
        self.refused.add(own)
        try:
            with self.lock:
                yield
        finally:
            self.refused.discard(own)


@dataclass
class _Known:
    """What was read of a service's letters, table by table, since it was forgotten last."""

    of_tables: dict[str, _OfTable] = field(default_factory=dict)
    with_letters: set[str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Parking:
    """Stores the rows of one service's tables; `in_a_row` refused changes without a stored one between are an error.

    Threads may share it, also for rows of one table, if no two of them have changes of the same key.
    """

    def __init__(self, client: Client, service: str, in_a_row: int = IN_A_ROW) -> None:
        self._client, self._service, self._in_a_row = client, service, in_a_row
        self._known = _Known()

    def store(self, table: CapturedTable, rows: Rows) -> None:
        """Return once every row is durable, as a row or as a letter. Errors as `attempt` raises them.

        LimitReachedError, with nothing parked, if ClickHouse refuses one change after the other.
        """
        each = partial(landed_rows, rows, len(table.columns), len(table.key))
        self.store_as(table, partial(self._refusal, table, rows), each)

    def store_as(
        self, table: CapturedTable, whole: Callable[[], str | None], each: Callable[[], Iterable[LandedRow]]
    ) -> None:
        """Store rows that came in another form: `whole` stores all at once, as `attempt` does; `each` lands them.

        Rows are landed only where some were refused, or may have to wait. Errors as `store` raises them.
        """
        of_table = self._of_table(table)
        if of_table.is_clear and whole() is None:
            of_table.streak.end()
            return
        with of_table.sorting_out():
            self._sort_out(table, of_table, list(each()))

    def forget(self) -> None:
        """Read anew which keys have open letters: others may have parked some. Never waits, whoever reads them now."""
        self._known = _Known()

    def _sort_out(self, table: CapturedTable, of_table: _OfTable, rows: Sequence[LandedRow]) -> None:
        behind = [row for row in rows if row.key in of_table.waiting]
        sifted = self._sift(table, of_table, [row for row in rows if row.key not in of_table.waiting])
        sifted.behind.extend(behind)
        self._park(table, of_table, sifted)
        if behind:
            self._look_again(table, of_table, behind)

    def _look_again(self, table: CapturedTable, of_table: _OfTable, behind: Sequence[LandedRow]) -> None:
        """Store what was parked behind a letter that is gone by now: whoever redrove it may not have seen it come.

        Whoever redrives looks again too, once a letter is closed: one of the two sees what the other has done.
        """
        keys = {row.key for row in behind}
        oldest = dict(oldest_open(self._client, table, keys))
        for key in keys - oldest.keys():
            of_table.waiting.discard(key)
        for key in stranded_keys(behind, oldest):
            # With later letters of the key, should a replay have sent these again: nothing may come between.
            if all(outcome.refusal is None for outcome in list(redrive(self._client, table, key_texts(key)))):
                of_table.waiting.discard(key)

    def _sift(self, table: CapturedTable, of_table: _OfTable, rows: Sequence[LandedRow]) -> Sifted[LandedRow]:
        def store(some: Sequence[LandedRow]) -> str | None:
            unreadable = next((row.unreadable for row in some if row.unreadable), None)
            return unreadable or self._refusal(table, Rows(len(some), b"".join(row.body for row in some)))

        return sift(rows, store, of_table.streak)

    def _park(self, table: CapturedTable, of_table: _OfTable, sifted: Sifted[LandedRow]) -> None:
        letters = [letter_of(table, row, reason) for row, reason in sifted.refused]
        for letter in letters:
            of_table.waiting.add(letter.key)
        write(self._client, [*letters, *(letter_of(table, row, None) for row in sifted.behind)])
        for why, count in (("refused", len(letters)), ("behind", len(sifted.behind))):
            ROWS_PARKED.labels(table.service, table.name, why).inc(count)
        if letters:
            _say_parked(table, letters, len(sifted.behind))

    def _refusal(self, table: CapturedTable, rows: Rows) -> str | None:
        return attempt(self._client, table, [column.name for column in table.columns], rows)

    def _of_table(self, table: CapturedTable) -> _OfTable:
        known = self._known
        with known.lock:
            if known.with_letters is None:
                known.with_letters = set(open_tables(self._client, self._service))
            if table.name not in known.of_tables:
                known.of_tables[table.name] = self._loaded(table, has_letters=table.name in known.with_letters)
            return known.of_tables[table.name]

    def _loaded(self, table: CapturedTable, *, has_letters: bool) -> _OfTable:
        if not has_letters:
            return _OfTable(KeySet(str(table)), Streak(str(table), self._in_a_row))
        refused = newest_refused(self._client, table, self._in_a_row)
        waiting = KeySet(str(table), open_keys(self._client, table))
        return _OfTable(waiting, Streak(str(table), self._in_a_row, refused))


def stranded_keys(behind: Sequence[LandedRow], oldest: Mapping[bytes, int]) -> frozenset[bytes]:
    """The keys whose oldest open letter is one of the rows just parked behind: nothing is before it any more."""
    parked = {row.change for row in behind}
    return frozenset(key for key, version in oldest.items() if (key, version) in parked)


def _say_parked(table: CapturedTable, letters: Sequence[Letter], behind: int) -> None:
    _log.warning(
        "%s: %d changes that ClickHouse refuses were parked, and %d behind them; the first because: %s;"
        " `python -m cdc dead-letters list %s` shows them",
        table,
        len(letters),
        behind,
        letters[0].reason,
        table,
    )
