"""What ClickHouse is asked for metrics: how far the stream is stored, epoch, copies, open dead letters."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from clickhouse_connect.driver import Client

from cdc.bookkeeping.progress import progress
from cdc.bookkeeping.standing import service_standing
from cdc.dead_letters.letter_box import open_tables
from cdc.metrics import COPIES_UNDER_WAY, DEAD_LETTERS_OPEN, EPOCH
from cdc.monitoring.sampler import ANSWER_SECONDS, Sample
from cdc.monitoring.watched import Watched
from services.kit.clickhouse import connected

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def clickhouse_samples(watched: Watched, clickhouse_url: str) -> Iterator[Sample]:
    """Samples over one client; ClickHouseAwayError or the driver's own errors."""
    patience = {"connect_timeout": ANSWER_SECONDS, "send_receive_timeout": ANSWER_SECONDS}
    # A pool of its own: one that is shared with pipelines would throw connections away.
    with connected(clickhouse_url, compress=False, dedicated_pool=True, **patience) as opened:
        yield partial(_take, opened, watched)


def _take(opened: Client, watched: Watched) -> None:
    service, tables = watched.service, watched.catalog.tables
    if reached := progress(opened, service):
        # Where another process stores, or did before this one.
        since_epoch = reached.commit_time.replace(tzinfo=UTC) - _EPOCH
        watched.metrics.progress.stored_to(reached.position, since_epoch // timedelta(microseconds=1))
    if standing := service_standing(watched.catalog, opened):
        EPOCH.labels(service).set(standing.epoch)
        for table in tables:
            COPIES_UNDER_WAY.labels(service, table.name).set(str(table) in standing.copies)
    letters = open_tables(opened, service)
    for table in tables:
        DEAD_LETTERS_OPEN.labels(service, table.name).set(letters.get(table.name, 0))
