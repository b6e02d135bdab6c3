"""The catalog in effect: what is recorded of a table goes before what its models declare; nothing of either is lost."""

from dataclasses import replace

import pytest

from cdc.catalog.in_effect import catalog_in_effect, shape_row, shapes_of
from cdc.catalog.model import CapturedTable, CatalogError, Column, ServiceCatalog
from cdc.catalog.shape import reshaped, with_former
from services.kit.capture import Capture
from tests.unit.cdc.tables import shelf_catalog

CATALOG = shelf_catalog()
BOOKS = CATALOG.by_name["public", "books"]
NOW = [(column.name, column.postgres_type) for column in BOOKS.columns]
COLOUR = Column("colour", "text")


def in_effect(declared: CapturedTable, recorded: CapturedTable) -> CapturedTable:
    row = shape_row(recorded, 7, "")
    shapes = shapes_of([[row[name] for name in ("service", "table", "position", "key", "columns", "former")]])
    return catalog_in_effect(ServiceCatalog("library", (declared,)), shapes).tables[0]


def test_without_a_record_the_declaration_is_in_effect() -> None:
    assert catalog_in_effect(CATALOG, {}) == CATALOG


def test_what_is_recorded_comes_back_as_it_was() -> None:
    recorded = reshaped(BOOKS, [*NOW[:2], ("price", "text"), ("colour", "integer")])
    assert recorded.former
    assert in_effect(BOOKS, recorded) == recorded


def test_a_declared_column_that_did_not_come_yet_is_former() -> None:
    declared = replace(BOOKS, columns=(*BOOKS.columns, COLOUR))
    found = in_effect(declared, BOOKS)
    assert (found.columns, found.former) == (BOOKS.columns, (COLOUR,))


def test_models_that_declare_an_added_column_later_change_nothing() -> None:
    recorded = reshaped(BOOKS, [*NOW, ("colour", "text")])
    assert in_effect(replace(BOOKS, columns=(*BOOKS.columns, COLOUR)), recorded) == in_effect(BOOKS, recorded)


def test_models_that_declare_a_retyped_column_later_change_nothing() -> None:
    recorded = reshaped(BOOKS, [(name, "text" if name == "price" else kind) for name, kind in NOW])
    columns = tuple(replace(c, postgres_type="text") if c.name == "price" else c for c in BOOKS.columns)
    assert in_effect(replace(BOOKS, columns=columns), recorded) == in_effect(BOOKS, recorded)


def test_models_that_no_longer_declare_a_dropped_column_leave_it_stored() -> None:
    recorded = reshaped(BOOKS, [each for each in NOW if each[0] != "price"])
    declared = replace(BOOKS, columns=tuple(c for c in BOOKS.columns if c.name != "price"))
    assert in_effect(declared, recorded) == in_effect(BOOKS, recorded)
    assert [column.name for column in in_effect(declared, recorded).former] == ["price"]


def test_a_column_that_is_excluded_by_now_is_former() -> None:
    found = in_effect(replace(BOOKS, capture=Capture(exclude=frozenset({"cover", "price"}))), BOOKS)
    assert "price" not in {column.name for column in found.columns}
    assert "price" in {column.name for column in found.former}


def test_what_two_that_record_at_once_know_of_is_all_stored() -> None:
    names = ("service", "table", "position", "key", "columns", "former")
    announced = shape_row(with_former(BOOKS, [COLOUR]), 7, "")
    followed = shape_row(reshaped(BOOKS, [*NOW[:2], ("isbn", "text")]), 9, "")
    shapes = shapes_of([[row[name] for name in names] for row in (announced, followed)])
    [books, _] = catalog_in_effect(CATALOG, shapes).tables
    assert [column.name for column in books.columns] == [*(name for name, _ in NOW[:2]), "isbn"]
    assert COLOUR in books.former
    assert {column.name for column in BOOKS.columns} <= {column.name for column in books.stored_columns}
    assert shapes["library", "books"].position == 9


def test_a_declared_key_other_than_the_stored_one_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        CatalogError, match=r"library\.books: the models declare the key book_id, title.*undo the change"
    ):
        in_effect(replace(BOOKS, key=("book_id", "title")), BOOKS)
