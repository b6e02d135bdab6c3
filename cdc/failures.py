"""Failures that are expected: each says by itself what is wrong, so that one line tells it, without a traceback."""

from types import MappingProxyType

import psycopg2
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from cdc.catalog.model import CatalogError
from cdc.clickhouse import InsertRefusedError, ShortInsertError
from cdc.connect.rest import ConnectError
from cdc.dead_letters.limits import LimitReachedError
from cdc.source.pgoutput import UnknownMessageError
from cdc.source.relation import RelationMismatchError
from cdc.source.slot_setup import NotReadyError
from cdc.source.tuples import MissingValueError
from services.kit.clickhouse import ClickHouseAwayError

OF_SERVERS = (psycopg2.Error, ClickHouseError, OSError)
OF_STORING = (*OF_SERVERS, InsertRefusedError, ShortInsertError, LimitReachedError)
EXPECTED = (*OF_STORING, NotReadyError, CatalogError)

DEFECT = "defect"
# What a failure is about, for who counts them; of two that fit, the first.
REASONS: MappingProxyType[type[Exception], str] = MappingProxyType(
    {
        psycopg2.Error: "postgresql",
        InsertRefusedError: "refused",
        LimitReachedError: "refused",
        ClickHouseError: "clickhouse",
        ClickHouseAwayError: "clickhouse",
        ShortInsertError: "clickhouse",
        NotReadyError: "not_ready",
        CatalogError: "not_ready",
        RelationMismatchError: "not_understood",
        MissingValueError: "not_understood",
        UnknownMessageError: "not_understood",
        KafkaError: "kafka",
        ConnectError: "kafka",
        OSError: "connection",
    }
)


def reason_of(error: Exception) -> str:
    """What a failure is about, in one of a few words."""
    return next((reason for kind, reason in REASONS.items() if isinstance(error, kind)), DEFECT)
