"""Failures that are expected: each says by itself what is wrong, so that one line tells it, without a traceback."""

import psycopg2
from clickhouse_connect.driver.exceptions import ClickHouseError

from cdc.catalog.model import CatalogError
from cdc.clickhouse import InsertRefusedError, ShortInsertError
from cdc.dead_letters.limits import LimitReachedError
from cdc.source.slot_setup import NotReadyError

OF_SERVERS = (psycopg2.Error, ClickHouseError, OSError)
OF_STORING = (*OF_SERVERS, InsertRefusedError, ShortInsertError, LimitReachedError)
EXPECTED = (*OF_STORING, NotReadyError, CatalogError)
