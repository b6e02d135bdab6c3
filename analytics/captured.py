"""Everything whose changes ClickHouse holds: of services, of adopted databases, and of released ones."""

from collections.abc import Sequence
from typing import Any

from clickhouse_connect.driver import Client

from analytics.clickhouse import ask
from cdc.catalog.adopted import ARE_RECORDED, RECORDED_ADOPTIONS, adopted_catalogs
from cdc.catalog.declared import all_catalogs
from cdc.catalog.in_effect import IS_RECORDED, RECORDED_SHAPES, catalog_in_effect, shapes_of
from cdc.catalog.lookup import Catalogs


def captured(client: Client) -> Catalogs:
    """The catalogs as they are in effect: with columns that came, went or changed while capture ran."""
    adopted = adopted_catalogs(_rows(client, ARE_RECORDED, RECORDED_ADOPTIONS), released=True)
    shapes = shapes_of(_rows(client, IS_RECORDED, RECORDED_SHAPES))
    return Catalogs(tuple(catalog_in_effect(catalog, shapes) for catalog in (*all_catalogs(), *adopted)))


def _rows(client: Client, is_there: str, query: str) -> list[Sequence[Any]]:
    [(there,)] = ask(client, is_there, {})[1]
    return ask(client, query, {})[1] if there else []
