"""The shapes of one service's tables while it is captured: what PostgreSQL has by now, and what ClickHouse stores.

A change is met twice: in the stream, as a description that comes before the first row of a new shape, and in
PostgreSQL's catalog, since a change that only rewrites what is there sends no row. Either way ClickHouse is extended
first, then it is recorded what must be copied anew, then the shape: what is cut off between is done again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import SHAPE_CHANGED, want_copies
from cdc.catalog.in_effect import catalog_in_effect, shape_of
from cdc.catalog.model import CapturedTable, Column, ServiceCatalog
from cdc.catalog.shape import NO_CHANGE, Described, ShapeChange, change_between, require_key, reshaped, with_former
from cdc.catalog.version import position
from cdc.postgres import session, wal_position
from cdc.shapes.in_clickhouse import extend, holds_values, record_shape, recorded_shapes
from cdc.shapes.in_postgres import any_filled, named_types, shapes_in_postgres
from cdc.source.relation import RelationMessage

_log = logging.getLogger(__name__)
_GONE_TYPE = "text"


class Shapes:
    """Keeps ClickHouse, and what is recorded there, up with PostgreSQL; threads may share it."""

    def __init__(self, declared: ServiceCatalog, database_url: str, client: Client, epoch: int) -> None:
        self._service, self._guard = declared.service, threading.RLock()
        self._database_url, self._client, self._epoch = database_url, client, epoch
        self._recorded = dict(recorded_shapes(client))
        self._tables = {table.sent_as: table for table in catalog_in_effect(declared, self._recorded).tables}

    @property
    def catalog(self) -> ServiceCatalog:
        """The catalog in effect."""
        with self._guard:
            return ServiceCatalog(self._service, tuple(self._tables.values()))

    def compare_with_postgres(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Take over what PostgreSQL has by now; CatalogError for what cannot be carried on with, such as a new key.

        Nothing is taken over once it is `stopped`: an answer may come when another stream has begun.
        """
        with session(self._database_url) as connection:
            # Before the look: a change that is made after it has a later position than what is found.
            lsn = wal_position(connection)
            found = shapes_in_postgres(connection)
        for named, shape in found.items():
            if named in self._tables and not stopped():
                require_key(self._tables[named], shape.key)
                self._take(named, shape.columns, lsn)

    def keep_gone(self, table: CapturedTable, names: Sequence[str]) -> None:
        """Keep columns of which rows have come, and which PostgreSQL has no more: they had come and gone between looks.

        What type they were of nobody says any more, so they are texts.
        """
        with self._guard:
            # Another thread may have kept some since the caller looked.
            table = self._tables[table.sent_as]
            recorded = self._recorded.get((table.service, table.name))
            at = recorded.position if recorded else position(self._epoch, 0)
            self._keep(
                table, with_former(table, [Column(name, _GONE_TYPE) for name in names]), at, NO_CHANGE, wanted=False
            )

    def adapt(self, table: CapturedTable, described: RelationMessage, commit_lsn: int) -> CapturedTable:
        """The table as the rows after a description have it, in a transaction that commits at an LSN.

        A description from before the recorded shape is of rows that come late, or again: it changes nothing.
        """
        with session(self._database_url) as connection:
            types = named_types(connection, table, [(each.type_oid, each.modifier) for each in described.columns])
        columns = [(each.name, kind) for each, kind in zip(described.columns, types, strict=True)]
        return self._take(table.sent_as, columns, commit_lsn)

    def _take(self, named: tuple[str, str], described: Sequence[Described], lsn: int) -> CapturedTable:
        at = position(self._epoch, lsn)
        with self._guard:
            shape = reshaped(self._tables[named], described)
            if self._is_known(shape, at):
                return shape
            # What migrations made meanwhile is to be found: they write there too.
            self._read_records()
            shape = reshaped(self._tables[named], described)
            if not self._is_known(shape, at):
                self._follow(self._tables[named], shape, at)
            return shape

    def _is_known(self, shape: CapturedTable, at: int) -> bool:
        """Whether nothing is to be done: a shape is recorded, or is an earlier one whose columns are all stored."""
        recorded = self._recorded.get((shape.service, shape.name))
        if recorded is None:
            return False
        if at >= recorded.position:
            return shape_of(shape, recorded.position) == recorded
        stored = {column.name for column in (*recorded.columns, *recorded.former)}
        return all(column.name in stored for column in shape.columns)

    def _read_records(self) -> None:
        self._recorded = dict(recorded_shapes(self._client))
        in_effect = catalog_in_effect(ServiceCatalog(self._service, tuple(self._tables.values())), self._recorded)
        self._tables = {table.sent_as: table for table in in_effect.tables}

    def _follow(self, table: CapturedTable, shape: CapturedTable, at: int) -> None:
        recorded = self._recorded.get((table.service, table.name))
        if recorded is not None and at < recorded.position:
            # It had come and gone before anybody looked; what its rows hold is history.
            self._keep(table, with_former(table, shape.columns), recorded.position, NO_CHANGE, wanted=False)
            return
        before = replace(table, columns=recorded.columns, former=recorded.former) if recorded else table
        change = change_between(before, shape)
        if recorded is None:
            # Nothing is known of the types but their declaration, which spells them otherwise.
            change = replace(change, retyped=())
        if change:
            _log.warning("%s: PostgreSQL's columns changed: %s", table, change)
        self._keep(table, shape, at, change, wanted=self._must_be_copied(before, shape, change))

    def _must_be_copied(self, before: CapturedTable, shape: CapturedTable, change: ShapeChange) -> bool:
        """Whether rows that no change touched can be otherwise than ClickHouse has them."""
        once = {column.name for column in before.former}
        if change.retyped or holds_values(self._client, before, [name for name in change.added if name in once]):
            return True
        if not change.added:
            return False
        with session(self._database_url) as connection:
            return any_filled(connection, shape, change.added)

    def _keep(self, table: CapturedTable, shape: CapturedTable, at: int, change: ShapeChange, *, wanted: bool) -> None:
        extend(self._client, shape)
        # Before the copy is wanted: it is to be one of the new shape.
        self._tables[table.sent_as] = shape
        if wanted:
            self._want_copy(shape)
        record_shape(self._client, shape, at, str(change))
        self._recorded[table.service, table.name] = shape_of(shape, at)

    def _want_copy(self, table: CapturedTable) -> None:
        with session(self._database_url) as connection:
            lsn = wal_position(connection)
        want_copies(self._client, table.service, self._epoch, lsn, [(table.name, SHAPE_CHANGED)])
