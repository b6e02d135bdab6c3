"""A writer: runs the transactions drawn for it, through losses of its connection, and records each of them."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor

from cdc.postgres import lsn_number
from services.kit.capture import ACTOR_PREFIX
from services.kit.postgres.actor import Actor
from tests.chaos.ledger import Ledger
from tests.chaos.record import Outcome, Row, Transaction, Truncation, Write
from tests.chaos.statements import Drawing, Plan, Statement
from tests.chaos.targets import TARGETS, WITNESSES
from tests.support.sql import run

_PAUSE_SECONDS = 0.2
_AGAIN_SECONDS = 0.2
_CONNECT: dict[str, Any] = {"connect_timeout": 3, "options": "-c lock_timeout=5s"}


class Writer:
    """Writes while its gate is open, until it is told to stop; `urls` has the database of each service."""

    def __init__(self, urls: Mapping[str, str], drawing: Drawing, ledger: Ledger) -> None:
        self._urls, self._drawing, self._ledger = urls, drawing, ledger
        self._connections: dict[str, Connection] = {}

    def run(self, gate: threading.Event, stopping: threading.Event) -> None:
        """Write until `stopping` is set; only while `gate` is."""
        while not stopping.is_set():
            if not gate.wait(0.1):
                continue
            with self._ledger.writing():
                self.write(self._drawing.plan())
            stopping.wait(_PAUSE_SECONDS)
        for each in self._connections.values():
            each.close()

    def write(self, plan: Plan) -> None:
        """Run one transaction, and record what became of it."""
        attempt = _Attempt(plan)
        try:
            connection = self._connected(plan.service)
            with connection.cursor() as session:
                attempt.write(session)
            attempt.end(connection)
            with connection.cursor() as session:
                attempt.look_where_it_ended(session)
            connection.rollback()
        except psycopg2.Error:
            self._after_failure(plan.service)
        if attempt.done is not None:
            self._ledger.record(attempt.done)

    def _connected(self, service: str) -> Connection:
        if service not in self._connections:
            self._connections[service] = psycopg2.connect(self._urls[service], **_CONNECT)
        return self._connections[service]

    def _after_failure(self, service: str) -> None:
        """Lost races and full disks leave a connection behind that serves on; whatever else ended it."""
        connection = self._connections.get(service)
        try:
            if connection is not None:
                connection.rollback()
                return
        except psycopg2.Error:
            pass
        self._connections.pop(service, None)
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()
        time.sleep(_AGAIN_SECONDS)


class _Attempt:
    """One run of a plan; `done` is what is known of it so far, None before it has a number."""

    def __init__(self, plan: Plan) -> None:
        self.done: Transaction | None = None
        self._plan = plan

    def write(self, session: cursor) -> None:
        began, plan = time.monotonic(), self._plan
        session.execute("SELECT pg_current_xact_id()::text")
        self.done = Transaction(
            int(session.fetchall()[0][0]), Outcome.ROLLED_BACK, user_id=plan.user_id, began=began, name=plan.name
        )
        session.execute(f"INSERT INTO {WITNESSES} VALUES (%s)", (plan.name,))
        if plan.user_id is not None:
            message = Actor(user_id=plan.user_id, route="chaos").message()
            session.execute("SELECT pg_logical_emit_message(true, %s, %s)", (ACTOR_PREFIX, message))
        for statement in plan.undone:
            session.execute("SAVEPOINT here")
            session.execute(statement.sql)
            session.execute("ROLLBACK TO SAVEPOINT here")
        for statement in plan.statements:
            self.done = run_statement(session, statement, self.done)
        time.sleep(plan.dawdle_seconds)

    def end(self, connection: Connection) -> None:
        assert self.done is not None
        if not self._plan.commit:
            connection.rollback()
            return
        # Until the server has answered, nobody knows.
        self.done = replace(self.done, outcome=Outcome.UNKNOWN)
        connection.commit()
        self.done = replace(self.done, outcome=Outcome.COMMITTED, ended=time.monotonic())

    def look_where_it_ended(self, session: cursor) -> None:
        assert self.done is not None
        session.execute("SELECT pg_current_wal_insert_lsn()::text")
        self.done = replace(self.done, durable_by=lsn_number(session.fetchall()[0][0]))


def run_statement(session: cursor, statement: Statement, transaction: Transaction) -> Transaction:
    """Run a statement; the transaction with what it did."""
    if statement.truncated:
        return _truncate(session, statement, transaction)
    session.execute(statement.sql)
    writes: list[Write] = []
    for key_before, before, key_after, after in session.fetchall():
        name = statement.target.name
        if key_before == key_after:
            writes.append(Write(Row(name, key_after), before, after))
            continue
        if key_before is not None:
            writes.append(Write(Row(name, key_before), before, None))
        if key_after is not None:
            writes.append(Write(Row(name, key_after), None, after))
    return replace(transaction, writes=(*transaction.writes, *writes))


def _truncate(session: cursor, statement: Statement, transaction: Transaction) -> Transaction:
    """Note the rows that are there once nobody else can write any, and empty the tables."""
    tables = ", ".join(target.table for target in statement.truncated)
    session.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    ended = []
    for target in statement.truncated:
        session.execute(f"SELECT {target.key.format('')}, {target.token} FROM {target.table}")
        ended.append(Truncation(target.name, dict(session.fetchall())))
    session.execute(statement.sql)
    return replace(transaction, truncations=(*transaction.truncations, *ended))


def already_there(urls: Mapping[str, str]) -> Transaction:
    """The rows that migrations wrote, as one transaction."""
    writes: list[Write] = []
    for target in TARGETS:
        found = run(urls[target.service], f"SELECT {target.key.format('')}, {target.token} FROM {target.table}")
        writes += [Write(Row(target.name, str(key)), None, str(token)) for key, token in found]
    return Transaction(0, Outcome.COMMITTED, tuple(writes))


def resolved(transaction: Transaction, urls: Mapping[str, str]) -> Transaction:
    """A transaction whose end nobody saw, with the end that its witness tells at rest."""
    outcome, durable_by = Outcome.ROLLED_BACK, 0
    for url in urls.values():
        [(found, written)] = run(
            url,
            f"SELECT count(*), pg_current_wal_insert_lsn()::text FROM {WITNESSES} WHERE name = '{transaction.name}'",
        )
        outcome = Outcome.COMMITTED if found else outcome
        durable_by = max(durable_by, lsn_number(str(written)))
    return replace(transaction, outcome=outcome, durable_by=durable_by)
