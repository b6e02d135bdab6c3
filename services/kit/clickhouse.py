"""Connections to ClickHouse, for the programs that fill, migrate and read it."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import OperationalError

# The driver would log, bare, what is raised and explained here.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())


class ClickHouseAwayError(ConnectionError):
    """Nobody answers at ClickHouse's address; the message names it."""


@contextmanager
def connected(url: str, **options: Any) -> Iterator[Client]:
    """A client that threads may share, closed at the end; `options` are clickhouse-connect's own.

    What the address has behind its `?` are ClickHouse's settings, as in the HTTP interface (`/?readonly=1`).
    ClickHouseAwayError if nobody answers at first; later losses are the driver's OperationalError.
    """
    # Without this the driver makes up a session, and a session takes one query at a time.
    shared = {"autogenerate_session_id": False, **options}
    address = urlsplit(url)
    shared["settings"] = {**dict(parse_qsl(address.query)), **options.get("settings", {})}
    try:
        client = clickhouse_connect.get_client(dsn=urlunsplit(address._replace(query="")), **shared)
    except OperationalError as error:
        raise ClickHouseAwayError(
            f"ClickHouse at {address.hostname}:{address.port} does not answer: start it"
            " (`python -m deploy.local up` on one machine), or correct its address"
        ) from error
    with closing(client):
        yield client
