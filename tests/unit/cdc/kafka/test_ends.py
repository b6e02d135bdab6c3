"""ENDs of transactions as Debezium writes them."""

import json
from datetime import UTC, datetime

import pytest

from cdc.kafka.ends import End, newest_end


def said(status: str = "END", name: str = "7:100", epoch: object = "1", **more: object) -> bytes:
    return json.dumps(
        {"status": status, "id": name, "ts_ms": 1, "epoch": epoch, **more}, separators=(",", ":")
    ).encode()


def test_the_newest_end_is_that_of_the_highest_epoch_and_commit() -> None:
    values = [said(name="7:300"), said(name="8:200", epoch=2), said(status="BEGIN", name="9:900"), said(name="7:100")]
    assert newest_end(values) == End(2, 200, datetime(1970, 1, 1, microsecond=1000, tzinfo=UTC))


def test_where_nothing_has_ended_there_is_none() -> None:
    assert newest_end([]) is None
    assert newest_end([said(status="BEGIN")]) is None


def test_an_end_without_a_commit_is_refused() -> None:
    with pytest.raises(ValueError, match="names no commit: '7'"):
        newest_end([said(name="7")])
