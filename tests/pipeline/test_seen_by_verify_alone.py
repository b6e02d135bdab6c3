"""What stops nothing and is told neither by the stream nor by a start: `verify` names it, and a copy heals it."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from clickhouse_connect.driver import Client

from cdc.verify.caught_up import NotCaughtUpError
from deploy.local.clickhouse.starter import ClickHouse
from tests.pipeline.capture import Capture
from tests.pipeline.market import captured_market, change, goods
from tests.pipeline.test_snapshot_under_load import copy_again
from tests.support.postgres import CreateDatabase

_ROW_1 = "market.goods number=1: PostgreSQL and ClickHouse"
_UNSENT = ("UPDATE goods SET note = 'unsent' WHERE number = 1",)
_NOTE_UNSENT = f"{_ROW_1}: note is 'unsent' in PostgreSQL and 'first' in ClickHouse"


@dataclass(frozen=True)
class Unseen:
    """What is done to a table while it is captured, what must be undone of it, and what `verify` then says."""

    done: Sequence[str]
    verified: str
    written: Sequence[str] = ()
    undone: Sequence[str] = ()


UNSEEN = {
    "a publication that leaves out a kind of change": Unseen(
        ["ALTER PUBLICATION huleedu_cdc SET (publish = 'insert')"],
        _NOTE_UNSENT,
        written=_UNSENT,
        undone=["ALTER PUBLICATION huleedu_cdc SET (publish = 'insert, update, delete, truncate')"],
    ),
    "a publication that leaves out rows": Unseen(
        ["ALTER PUBLICATION huleedu_cdc SET TABLE goods WHERE (number > 1)"],
        _NOTE_UNSENT,
        written=_UNSENT,
        undone=["ALTER PUBLICATION huleedu_cdc SET TABLE goods"],
    ),
    "values rewritten under the same type": Unseen(
        ["ALTER TABLE goods ALTER COLUMN note TYPE text USING upper(note)"],
        f"{_ROW_1}: note is 'FIRST' in PostgreSQL and 'first' in ClickHouse",
    ),
    "a column dropped and added again under the same name and type": Unseen(
        ["ALTER TABLE goods DROP COLUMN note", "ALTER TABLE goods ADD COLUMN note text"],
        f"{_ROW_1}: note is NULL in PostgreSQL and 'first' in ClickHouse",
    ),
    "an enum's label renamed": Unseen(
        ["ALTER TYPE mood RENAME VALUE 'glad' TO 'merry'"],
        f"{_ROW_1}: mood is 'merry' in PostgreSQL and 'glad' in ClickHouse",
    ),
}


@pytest.fixture(name="market")
def _market(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    with captured_market(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as capture:
        capture.write("CREATE TYPE mood AS ENUM ('glad', 'sad')", "ALTER TABLE goods ADD COLUMN mood mood")
        change(capture, goods(1, note="'first'", mood="'glad'"), goods(2))
        yield capture


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_what_no_stream_and_no_start_sees_is_named_by_verify_and_healed_by_a_copy(
    market: Capture, unseen: Unseen, caplog: pytest.LogCaptureFixture
) -> None:
    with market.streaming():
        assert market.differences() == []
        caplog.clear()
        change(market, *unseen.done)
        if unseen.written:
            market.write(*unseen.written)
        market.write(goods(3))
        market.catch_up()
        assert said_of_row_1(market) == [unseen.verified]
        if unseen.undone:
            market.write(*unseen.undone)
    with market.streaming():
        market.write(goods(4))
        market.catch_up()
        assert warnings(caplog) == []
        assert said_of_row_1(market) == [unseen.verified]
        copy_again(market, "goods")
        market.assert_whole()


def said_of_row_1(market: Capture) -> list[str]:
    return [each for each in market.differences() if each.startswith(_ROW_1)]


def test_a_table_taken_out_of_the_publication_is_named_by_verify_and_whole_once_it_is_copied(market: Capture) -> None:
    with market.streaming():
        assert market.differences() == []
        market.write("ALTER PUBLICATION huleedu_cdc DROP TABLE goods")
        market.write(*_UNSENT)
        market.catch_up()
        with pytest.raises(NotCaughtUpError, match=r"market\.goods: PostgreSQL does not publish it"):
            market.differences(seconds=0.3)
        market.write("ALTER PUBLICATION huleedu_cdc ADD TABLE goods")
        market.catch_up()
        assert said_of_row_1(market) == [_NOTE_UNSENT]
        copy_again(market, "goods")
        market.assert_whole()
