"""What ClickHouse keeps of catalogs, read by whoever can ask it: what was adopted, and which shapes are in effect."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cdc.catalog.adopted import ARE_RECORDED, RECORDED_ADOPTIONS, adopted_catalogs
from cdc.catalog.in_effect import IS_RECORDED, RECORDED_SHAPES, RecordedShapes, catalog_in_effect, shapes_of
from cdc.catalog.model import ServiceCatalog

Rows = Sequence[Sequence[Any]]
# Gives the rows of a query.
Ask = Callable[[str], Rows]


def recorded_adoptions(ask: Ask, *, released: bool = False) -> tuple[ServiceCatalog, ...]:
    """The catalogs of adopted databases; with those that were `released`, whose data is there still."""
    return adopted_catalogs(_rows(ask, ARE_RECORDED, RECORDED_ADOPTIONS), released=released)


def recorded_shapes(ask: Ask) -> RecordedShapes:
    """The newest shape of each table, as it was recorded."""
    return shapes_of(_rows(ask, IS_RECORDED, RECORDED_SHAPES))


def in_effect(ask: Ask, declared: Iterable[ServiceCatalog]) -> tuple[ServiceCatalog, ...]:
    """The catalogs as every command uses them: what is declared, and what was recorded of it."""
    recorded = recorded_shapes(ask)
    return tuple(catalog_in_effect(catalog, recorded) for catalog in declared)


def _rows(ask: Ask, is_there: str, query: str) -> Rows:
    """No rows where the table is not there yet."""
    [[there]] = ask(is_there)
    return ask(query) if there else ()
