"""A database whose clock goes wrong, to see whose clock is asked."""

from datetime import timedelta

from tests.support.service_database import ServiceDatabase
from tests.support.sql import run


def put_clock_ahead(database: ServiceDatabase, by: timedelta) -> None:
    """From the next connection on its `clock_timestamp` is that much ahead of every host's."""
    wrong = f"pg_catalog.clock_timestamp() + make_interval(secs => {by.total_seconds()})"
    for statement in (
        "CREATE SCHEMA wrong_clock",
        "GRANT USAGE ON SCHEMA wrong_clock TO PUBLIC",
        f"CREATE FUNCTION wrong_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT {wrong} $$",
        f'ALTER DATABASE "{database.name}" SET search_path = wrong_clock, pg_catalog, public',
    ):
        run(database.superuser_dsn, statement)
