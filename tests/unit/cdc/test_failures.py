"""What stopped a stream, in one of a few words, for who counts it."""

import psycopg2
import pytest
from aiokafka.errors import KafkaConnectionError
from clickhouse_connect.driver.exceptions import OperationalError

from cdc.catalog.model import CatalogError
from cdc.clickhouse import InsertRefusedError
from cdc.connect.rest import ConnectBusyError
from cdc.dead_letters.limits import LimitReachedError
from cdc.failures import DEFECT, EXPECTED, REASONS, reason_of
from cdc.kafka.watchdog import StuckError
from cdc.source.relation import RelationMismatchError
from services.kit.clickhouse import ClickHouseAwayError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg2.OperationalError("gone"), "postgresql"),
        (OperationalError("gone"), "clickhouse"),
        (ClickHouseAwayError("gone"), "clickhouse"),
        (ConnectionResetError("gone"), "connection"),
        (KafkaConnectionError("gone"), "kafka"),
        (ConnectBusyError("sharing out"), "kafka"),
        (StuckError("nothing was read"), "kafka"),
        (InsertRefusedError("no"), "refused"),
        (LimitReachedError("too many"), "refused"),
        (CatalogError("no key"), "not_ready"),
        (RelationMismatchError("no such column"), "not_understood"),
        (ZeroDivisionError("ours"), DEFECT),
    ],
)
def test_a_failure_has_the_reason_that_an_operator_looks_for(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_every_expected_failure_has_a_reason_and_none_is_taken_for_a_defect() -> None:
    assert all(issubclass(kind, tuple(REASONS)) for kind in EXPECTED)
