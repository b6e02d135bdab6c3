"""What the commands of capture share: the databases that they work on, and the failures that they explain in a line."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import psycopg2
from clickhouse_connect.driver.exceptions import ClickHouseError

from cdc.catalog.declared import declared_names
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import CatalogError, ServiceCatalog
from cdc.clickhouse import InsertRefusedError, ShortInsertError
from cdc.settings import address_variable, has_address
from cdc.source.slot_setup import NotReadyError
from cdc.verify.caught_up import NotCaughtUpError
from services.kit.command_line import explained
from services.kit.command_output import say_note


def failures_explained() -> AbstractContextManager[None]:
    """Turn what is expected to go wrong with PostgreSQL, ClickHouse or a name into one line and an exit code."""
    failures = (NotReadyError, NotCaughtUpError, InsertRefusedError, ShortInsertError)
    return explained(*failures, psycopg2.Error, ClickHouseError, OSError, usage=(CatalogError,))


def chosen(catalogs: Catalogs, services: Sequence[str] | None) -> tuple[ServiceCatalog, ...]:
    """The named ones; if none is, every service and each adopted database whose address is set."""
    if services:
        return catalogs.chosen(services)
    reachable = tuple(each for each in catalogs.all if each.service in declared_names() or has_address(each.service))
    for each in catalogs.all:
        if each not in reachable:
            say_note(f"{each.service} was adopted and is left out: {address_variable(each.service)} is not set")
    return reachable
