"""A stranger's table whose key can be spelled in several ways that PostgreSQL takes for the same number."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.postgres import Postgres
from tests.pipeline.capture import Capture
from tests.pipeline.foreign import foreign_database
from tests.support.service_database import ServiceTemplates

FIRST, RESPELLED = "INSERT INTO amounts VALUES (1.0, 'one')", "UPDATE amounts SET amount = 1.00"
# As a key, each spelling is one of its own: the first one's life ends, and the second one's begins.
OPERATIONS = [("c", "1.0", "one"), ("d", "1.0", "one"), ("c", "1.00", "one")]
SHOWN = [("1.00", "one")]


@contextmanager
def captured_amounts(server: Postgres, templates: ServiceTemplates, clickhouse_url: str) -> Iterator[Capture]:
    """The table, adopted, and empty; gone at the end."""
    with foreign_database(server, templates, clickhouse_url) as foreign:
        foreign.sql("CREATE TABLE amounts (amount numeric PRIMARY KEY, name text)")
        adopted = foreign.adopt()
        assert adopted.exit_code == 0, adopted.output
        yield foreign.capture


def operations(amounts: Capture) -> list[tuple[object, ...]]:
    """What history has of the table, in order."""
    service = amounts.catalog.service
    return amounts.select(f"SELECT _op, amount, name FROM {service}.amounts_history ORDER BY _version")


def amounts_shown(amounts: Capture) -> list[tuple[object, ...]]:
    """The rows that people read."""
    return amounts.select(f"SELECT amount, name FROM {amounts.catalog.service}.amounts")
