"""What PostgreSQL is asked for metrics: its clock, and what the slot holds back."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import disk_usage

from cdc.lag.measure import Slot, slot_called
from cdc.lag.wal_forecast import Room, forecast
from cdc.metrics import (
    SLOT_ACTIVE,
    SLOT_BYTES_UNTIL_LOST,
    SLOT_RETAINED_BYTES,
    SLOT_UNCONFIRMED_BYTES,
    WAL_FORECAST_SECONDS,
)
from cdc.monitoring.sampler import ANSWER_SECONDS, Sample
from cdc.monitoring.watched import Watched
from cdc.postgres import Connection, rows, session

_CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_LOST = "lost"
_OF_SLOT = (SLOT_RETAINED_BYTES, SLOT_UNCONFIRMED_BYTES, SLOT_BYTES_UNTIL_LOST)


@contextmanager
def postgres_samples(watched: Watched, wal_directory: Path | None) -> Iterator[Sample]:
    """Samples over one connection; errors as psycopg2 raises them."""
    with session(watched.database_url) as connection:
        rows(connection, "SELECT set_config('statement_timeout', %s, false)", f"{ANSWER_SECONDS}s")
        yield partial(_take, connection, watched, wal_directory)


def _take(connection: Connection, watched: Watched, wal_directory: Path | None) -> None:
    asked_at = time.monotonic()
    [(now_us,)] = rows(connection, _CLOCK)
    watched.metrics.progress.clock_told(now_us, asked_at)
    slot = slot_called(connection, watched.slot)
    SLOT_ACTIVE.labels(watched.service).set(bool(slot and slot.active))
    if slot:
        _tell(slot, watched, disk_usage(wal_directory).free if wal_directory else None)
    else:
        for metric in _OF_SLOT:
            metric.labels(watched.service).set(math.nan)


def _tell(slot: Slot, watched: Watched, on_disk: int | None) -> None:
    service, until_lost = watched.service, 0 if slot.wal_status == _LOST else slot.bytes_until_lost
    SLOT_RETAINED_BYTES.labels(service).set(slot.retained_bytes or 0)
    SLOT_UNCONFIRMED_BYTES.labels(service).set(slot.unconfirmed_bytes or 0)
    SLOT_BYTES_UNTIL_LOST.labels(service).set(math.inf if until_lost is None else until_lost)
    rooms = {"slot": Room(until_lost, None)} | ({} if on_disk is None else {"disk": Room(None, on_disk)})
    for limit, room in rooms.items():
        told = forecast(slot.unconfirmed_bytes or 0, watched.metrics.progress.lag_seconds, room)
        left = math.inf if told.seconds_left is None else told.seconds_left
        WAL_FORECAST_SECONDS.labels(service, limit).set(left)
