"""Every metric of capture, declared once with its meaning.

Labels are services, tables and words of short fixed lists; what names a person or a row is never one. Where a process
reads from (`slot`, `kafka`) is a metric of its own, so that the others go on unchanged when that is changed.
"""

from prometheus_client import Counter, Gauge, Histogram

_SERVICE, _TABLE = ("service",), ("service", "table")
_SAMPLE = ("service", "of")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_ROWS = (1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000)

# What is counted as it is stored: once for each batch and table.
ROWS_STORED = Counter(
    "huleedu_cdc_rows_stored_total", "Changes of the stream that are durable, as rows or as dead letters.", _TABLE
)
ROWS_COPIED = Counter("huleedu_cdc_rows_copied_total", "Rows of copies that are durable.", _TABLE)
ROWS_PARKED = Counter(
    "huleedu_cdc_rows_parked_total",
    "Changes parked as dead letters: `refused` by ClickHouse, or `behind` an earlier one of their key.",
    (*_TABLE, "why"),
)
BATCH_ROWS = Histogram(
    "huleedu_cdc_batch_rows",
    "Changes of a batch that is durable; the count is that of batches.",
    _SERVICE,
    buckets=_ROWS,
)
INSERT_SECONDS = Histogram(
    "huleedu_cdc_insert_seconds", "Seconds until one table's changes of a batch were durable.", _TABLE, buckets=_SECONDS
)
COMMIT_TO_STORED_SECONDS = Histogram(
    "huleedu_cdc_commit_to_stored_seconds",
    "Seconds by PostgreSQL's clock from the commit of a batch's oldest change of a table until it was durable.",
    _TABLE,
    buckets=_SECONDS,
)
NEWEST_CHANGE = Gauge(
    "huleedu_cdc_newest_change_timestamp_seconds",
    "When the newest change of a table that this process stored was committed, by PostgreSQL's clock.",
    _TABLE,
)

# How the stream goes on.
SOURCE = Gauge(
    "huleedu_cdc_source_info", "1; `source` is where this process reads a service from.", ("service", "source")
)
RESTARTS = Counter(
    "huleedu_cdc_restarts_total",
    "Times that a stream stopped and began again, by what stopped it.",
    ("service", "reason"),
)
TRIED_AGAIN = Counter(
    "huleedu_cdc_inserts_tried_again_total",
    "Inserts that ClickHouse did not confirm and that were sent again.",
    _SERVICE,
)
LAG_SECONDS = Gauge(
    "huleedu_cdc_lag_seconds",
    "PostgreSQL's time now less that of the newest stored commit: no table is later. Idle, it rises to the distance of"
    " heartbeats.",
    _SERVICE,
)
WITHOUT_PROGRESS_SECONDS = Gauge(
    "huleedu_cdc_without_progress_seconds",
    "Seconds since this process last saw the stream go on, though a heartbeat at least was to come.",
    _SERVICE,
)

# What is asked from time to time: of PostgreSQL and ClickHouse, and of Kafka and Connect where changes come by them.
SAMPLE_AGE_SECONDS = Gauge(
    "huleedu_cdc_sample_age_seconds",
    "Seconds since a server last told what the metrics sampled `of` it say; until then they are as it told.",
    _SAMPLE,
)
SAMPLES_FAILED = Counter("huleedu_cdc_samples_failed_total", "Times that a server was asked and did not tell.", _SAMPLE)
SLOT_ACTIVE = Gauge("huleedu_cdc_slot_active", "1 while somebody reads the replication slot, 0 otherwise.", _SERVICE)
SLOT_UNCONFIRMED_BYTES = Gauge(
    "huleedu_cdc_slot_unconfirmed_bytes", "WAL written since the position that the slot was told is stored.", _SERVICE
)
SLOT_RETAINED_BYTES = Gauge(
    "huleedu_cdc_slot_retained_bytes", "WAL that the slot keeps PostgreSQL from removing.", _SERVICE
)
SLOT_BYTES_UNTIL_LOST = Gauge(
    "huleedu_cdc_slot_bytes_until_lost",
    "WAL that may still be written before PostgreSQL gives the slot up; +Inf if it never does, 0 once it has.",
    _SERVICE,
)
WAL_FORECAST_SECONDS = Gauge(
    "huleedu_cdc_wal_forecast_seconds",
    "Seconds until the slot is lost (`slot`), or the disk of the WAL full (`disk`, where it can be seen), if nothing is"
    " stored any more and WAL grows as since the newest stored commit; +Inf while no end is in sight.",
    ("service", "limit"),
)
EPOCH = Gauge(
    "huleedu_cdc_epoch", "The epoch that the stream is in: it rises where the stream could not go on.", _SERVICE
)
COPIES_UNDER_WAY = Gauge(
    "huleedu_cdc_copy_under_way", "1 while a copy of the table is wanted and not finished, 0 otherwise.", _TABLE
)
DEAD_LETTERS_OPEN = Gauge(
    "huleedu_cdc_dead_letters_open", "Changes of a table that are parked as dead letters.", _TABLE
)
MESSAGES_BEHIND = Gauge(
    "huleedu_cdc_messages_behind",
    "Messages of a table's topic in Kafka that are not stored yet, the markers of Kafka's transactions among them.",
    _TABLE,
)
CONNECTOR_RUNNING = Gauge(
    "huleedu_cdc_connector_running",
    "1 while the connector and its task run in Kafka Connect, 0 otherwise.",
    ("service", "connector"),
)
