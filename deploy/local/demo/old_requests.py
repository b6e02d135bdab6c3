"""A day of the request log whose time is over: PostgreSQL drops its partition, ClickHouse keeps its rows."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2

from deploy.local.demo.catching_up import wait_until_seen

# Longer ago than the log is kept, so that no partition of that day is there.
_DAYS_AGO = 60
_COPY = """
    INSERT INTO api_requests
    SELECT (jsonb_populate_record(r, jsonb_build_object('requested_at', %(day)s, 'request_id', gen_random_uuid()))).*
    FROM api_requests AS r ORDER BY requested_at DESC LIMIT 1 RETURNING request_id
"""


def let_a_day_leave(gateway_database_url: str, clickhouse_url: str) -> int:
    """Log a request of long ago, wait until it is captured, drop its day; how many partitions were dropped."""
    day = datetime.now(UTC).date() - timedelta(days=_DAYS_AGO)
    address = gateway_database_url.replace("+asyncpg", "")
    with closing(psycopg2.connect(address)) as database, database.cursor() as cursor:
        cursor.execute("SELECT create_api_request_partitions(%s, %s)", (day, day))
        cursor.execute(_COPY, {"day": day.isoformat()})
        request_id = _only_value(cursor.fetchone())
        database.commit()
        condition, wanted = "request_id = {request:UUID}", {"request": str(request_id)}
        wait_until_seen(clickhouse_url, "api_gateway.api_requests", condition, wanted)
        cursor.execute("SELECT drop_api_request_partitions(%s)", (day + timedelta(days=1),))
        dropped = _only_value(cursor.fetchone())
        database.commit()
    return int(str(dropped))


def _only_value(row: tuple[object, ...] | None) -> object:
    return row[0] if row else None
