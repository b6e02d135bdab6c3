"""What makes ClickHouse refuse rows in tests, and what is parked of them then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from clickhouse_connect.driver.exceptions import DatabaseError

from cdc.dead_letters.redrive import redrive
from tests.pipeline.capture import Capture

POISON = "poison"


@contextmanager
def refusing(
    capture: Capture, table: str = "file_store.files_history", allowed: str = f"filename != '{POISON}'"
) -> Iterator[Callable[[], None]]:
    """A constraint added by hand, which rows break that are not `allowed`; yields what drops it again."""

    def mend() -> None:
        with suppress(DatabaseError):
            capture.clickhouse.command(f"ALTER TABLE {table} DROP CONSTRAINT by_hand")

    capture.clickhouse.command(f"ALTER TABLE {table} ADD CONSTRAINT by_hand CHECK {allowed}")
    try:
        yield mend
    finally:
        mend()


def parked(capture: Capture, state: str = "parked") -> list[tuple[str, str, bool]]:
    """First key column, op, and whether it was refused itself, of each letter in a state, in order."""
    query = "SELECT key[1], op, refused FROM cdc.dead_letters FINAL WHERE state = '{}' ORDER BY version, key"
    return [(str(key), str(op), bool(refused)) for key, op, refused in capture.select(query.format(state))]


def redriven(capture: Capture, name: str = "files") -> tuple[int, list[str]]:
    """How many letters of a table could be stored now, and why the others could not."""
    outcomes = list(redrive(capture.clickhouse, capture.table(name)))
    return sum(each.refusal is None for each in outcomes), [each.refusal for each in outcomes if each.refusal]


def without_letters(differences: list[str]) -> list[str]:
    """The differences that `verify` does not explain by dead letters."""
    return [each for each in differences if "as dead letters" not in each]
