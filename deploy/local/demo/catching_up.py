"""Waiting until ClickHouse shows what PostgreSQL has."""

import time

from services.kit.clickhouse import connected

_COUNT = "SELECT count() FROM {} WHERE {}"
_SECONDS = 60.0
_POLL_SECONDS = 0.1


class CaptureIsLateError(RuntimeError):
    """ClickHouse does not have what PostgreSQL had a long while ago."""


def wait_until_seen(clickhouse_url: str, view: str, condition: str, values: dict[str, str]) -> None:
    """Return once a row of `view` fulfils the condition; CaptureIsLateError if that takes too long."""
    deadline = time.monotonic() + _SECONDS
    with connected(clickhouse_url) as client:
        while client.query(_COUNT.format(view, condition), parameters=values).result_rows == [(0,)]:
            if time.monotonic() > deadline:
                raise CaptureIsLateError(f"ClickHouse did not show the last change of {view} within {_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)
