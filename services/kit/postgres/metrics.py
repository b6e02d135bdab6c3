"""How long queries take and how they end, how many there are, and how full the pool is: told by the engine's events."""

import time
from collections.abc import Collection
from weakref import WeakKeyDictionary

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Engine, ExceptionContext, QueuePool, event
from sqlalchemy.engine.interfaces import ExecutionContext

from services.kit.postgres.statements import described

_LABELS = ("service", "operation", "table", "outcome")
QUERY_SECONDS = Histogram("db_query_duration_seconds", "Seconds that a query took, by how it ended.", _LABELS)
QUERIES = Counter("db_queries_total", "Queries, by how they ended.", _LABELS)
POOL_CONNECTIONS = Gauge("db_pool_connections", "Connections of the pool by state.", ("service", "state"))
POOL_LIMIT = Gauge("db_pool_connections_limit", "Connections that the pool may open.", ("service",))
OTHER_TABLE = "other"


class QueryMetrics:
    """Counts and times each statement of one engine; only `tables` become labels, so that labels stay few."""

    def __init__(self, service: str, tables: Collection[str]) -> None:
        self._service = service
        self._tables = frozenset(tables)
        self._started: WeakKeyDictionary[ExecutionContext, float] = WeakKeyDictionary()

    def observe(self, engine: Engine) -> None:
        """Watch the engine from now on."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)
        self._observe_pool(engine)

    def _before(self, *event_arguments: object) -> None:
        context = event_arguments[4]
        if isinstance(context, ExecutionContext):
            self._started[context] = time.perf_counter()

    def _after(self, *event_arguments: object) -> None:
        context = event_arguments[4]
        if isinstance(context, ExecutionContext):
            self._record(context, str(event_arguments[2]), "ok")

    def _failed(self, failure: ExceptionContext) -> None:
        if failure.execution_context is not None and failure.statement is not None:
            self._record(failure.execution_context, failure.statement, "error")

    def _record(self, context: ExecutionContext, statement: str, outcome: str) -> None:
        started = self._started.pop(context, None)
        if started is None:
            return
        what = described(statement)
        table = what.table if what.table in self._tables else OTHER_TABLE
        labels = (self._service, what.operation, table, outcome)
        QUERY_SECONDS.labels(*labels).observe(time.perf_counter() - started)
        QUERIES.labels(*labels).inc()

    def _observe_pool(self, engine: Engine) -> None:
        pool = engine.pool
        if isinstance(pool, QueuePool):
            POOL_CONNECTIONS.labels(self._service, "in_use").set_function(pool.checkedout)
            POOL_CONNECTIONS.labels(self._service, "idle").set_function(pool.checkedin)
            POOL_LIMIT.labels(self._service).set(pool.size())
