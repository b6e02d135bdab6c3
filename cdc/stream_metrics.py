"""What a stream tells of itself while it stores: a few updates for each batch and table, none for each row."""

import threading
from dataclasses import dataclass, field

from cdc.metrics import BATCH_ROWS, COMMIT_TO_STORED_SECONDS, INSERT_SECONDS, NEWEST_CHANGE, ROWS_COPIED, ROWS_STORED
from cdc.stream_progress import StreamProgress

_US = 1_000_000


@dataclass(frozen=True)
class StreamMetrics:
    """The metrics of one service's stream, for whoever stores; `progress` is what lag and health are told by."""

    service: str
    progress: StreamProgress = field(default_factory=StreamProgress)
    _newest_us: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def changes_stored(self, table: str, count: int, seconds: float) -> None:
        """So many changes of a table, of one batch, became durable in so many seconds."""
        ROWS_STORED.labels(self.service, table).inc(count)
        INSERT_SECONDS.labels(self.service, table).observe(seconds)

    def commits_of(self, table: str, oldest_us: int, newest_us: int) -> None:
        """The changes just stored were committed between these times, in µs by PostgreSQL's clock."""
        waited = self.progress.seconds_since(oldest_us)
        if waited is not None:
            COMMIT_TO_STORED_SECONDS.labels(self.service, table).observe(waited)
        # Batches of one table may be stored side by side, and a batch may come once more.
        with self._guard:
            self._newest_us[table] = max(newest_us, self._newest_us.get(table, 0))
            NEWEST_CHANGE.labels(self.service, table).set(self._newest_us[table] / _US)

    def batch_stored(self, count: int) -> None:
        """All changes of a batch are durable."""
        BATCH_ROWS.labels(self.service).observe(count)

    def rows_copied(self, table: str, count: int) -> None:
        """So many rows of a copy became durable."""
        ROWS_COPIED.labels(self.service, table).inc(count)
