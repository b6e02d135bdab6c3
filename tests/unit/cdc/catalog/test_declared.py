"""The catalog as models declare it, and each declaration that is refused, with its reason and advice."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    CHAR,
    Column,
    Computed,
    Enum,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.types import TypeEngine

from cdc.catalog.declared import all_catalogs, catalog_of_metadata, service_catalog
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import RESERVED_COLUMNS, CapturedTable, CatalogError
from services.kit.capture import Capture, Publication
from services.kit.names import UnknownNameError
from services.registry import SERVICES
from tests.unit.cdc.tables import shelf_catalog


def captured(*columns: Column[object] | PrimaryKeyConstraint, capture: Capture | None = None) -> CapturedTable:
    metadata = MetaData()
    Table("notes", metadata, *columns, info=(capture or Capture()).info())
    return catalog_of_metadata("desk", metadata).tables[0]


def key(name: str = "id") -> Column[object]:
    return Column(name, Integer, primary_key=True)


def test_only_tables_with_a_capture_are_captured() -> None:
    assert [str(table) for table in shelf_catalog().tables] == ["library.books", "library.loans"]


def test_key_columns_come_first_and_excluded_ones_not_at_all() -> None:
    books = shelf_catalog().by_name["public", "books"]
    assert [column.name for column in books.columns] == ["book_id", "title", "price", "shelf"]
    assert (books.key, books.excluded, books.capture.subject) == (("book_id",), frozenset({"cover"}), "title")


def test_types_are_named_as_postgresql_names_them() -> None:
    books, loans = shelf_catalog().tables
    assert {c.name: c.postgres_type for c in (*books.columns, *loans.columns)} == {
        "book_id": "uuid",
        "title": "text",
        "price": "numeric(10, 2)",
        "shelf": "label",
        "book": "text",
        "number": "integer",
        "days": "bigint",
        "returned": "boolean",
        "due": "timestamp with time zone",
    }


def test_arrays_and_padded_texts_are_named_as_postgresql_names_them() -> None:
    kinds: tuple[TypeEngine[Any], ...] = (ARRAY(Text), ARRAY(String(9)), ARRAY(Integer, dimensions=2), CHAR(32))
    table = captured(key(), *(Column(f"c{number}", kind) for number, kind in enumerate(kinds)))
    assert [column.postgres_type for column in table.value_columns] == [
        "text[]",
        "character varying(9)[]",
        "integer[][]",
        "character(32)",
    ]


def test_how_long_history_is_kept_is_part_of_the_catalog() -> None:
    assert captured(key(), capture=Capture(retain=timedelta(days=90))).capture.retain == timedelta(days=90)


def test_every_service_declares_what_is_captured() -> None:
    assert [catalog.service for catalog in all_catalogs()] == [service.name for service in SERVICES]
    assert all(catalog.tables for catalog in all_catalogs())


def test_the_file_service_captures_files_and_their_versions() -> None:
    files, versions = sorted(service_catalog("file").tables, key=lambda table: table.name, reverse=True)
    assert (str(files), files.key, files.capture.subject) == ("file.files", ("file_id",), "user_id")
    assert (str(versions), versions.key, versions.capture.subject) == (
        "file.file_versions",
        ("file_id", "version"),
        "uploaded_by",
    )


def test_a_table_is_found_by_its_name_and_an_unknown_one_answered_with_those_there_are() -> None:
    catalogs = Catalogs(all_catalogs())
    assert catalogs.table("file.files").name == "files"
    known = sorted(str(table) for catalog in all_catalogs() for table in catalog.tables)
    with pytest.raises(CatalogError, match=re.escape(f"'file.nothing'; there are {', '.join(known)}")):
        catalogs.table("file.nothing")


def test_the_name_of_a_service_stands_for_all_its_tables_and_an_unknown_one_is_answered_with_both_kinds() -> None:
    assert Catalogs(all_catalogs()).tables("file") == service_catalog("file").tables
    assert Catalogs(all_catalogs()).tables("file.files") == (Catalogs(all_catalogs()).table("file.files"),)
    services = ", ".join(sorted(service.name for service in SERVICES))
    with pytest.raises(CatalogError, match=f"'mail'; there are .*; services: {services}$"):
        Catalogs(all_catalogs()).tables("mail")


def test_an_unknown_service_is_answered_with_those_there_are() -> None:
    known = ", ".join(service.name for service in SERVICES)
    with pytest.raises(UnknownNameError, match=f"there are {known}$"):
        service_catalog("mail")


def test_a_table_without_a_primary_key_is_refused() -> None:
    with pytest.raises(
        CatalogError,
        match=r"desk\.notes cannot be captured: it has no primary key, .*: give it one",
    ):
        captured(Column("id", Integer))


def test_a_deferrable_primary_key_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"primary key is deferrable.*make it not deferrable"):
        captured(Column("id", Integer), PrimaryKeyConstraint("id", deferrable=True))


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        (Capture(exclude=frozenset({"body"})), "excludes columns that it does not have: body"),
        (Capture(exclude=frozenset({"id"})), "id is of its primary key, and cannot be excluded"),
        (Capture(subject="owner"), "names the subject 'owner', which is not a captured column"),
        (Capture(exclude=frozenset({"author"}), subject="author"), "names the subject 'author'"),
        (Capture(published=Publication("id", "author", "body", "id")), "messages made of .* captured column: body"),
        (
            Capture(exclude=frozenset({"author"}), published=Publication("id", "id", "id", "author")),
            "messages made of what is not a captured column: author",
        ),
        (Capture(retain=timedelta()), "which is no time: name a longer one, or leave retain out"),
        (Capture(retain=timedelta(days=-1)), "leave retain out"),
    ],
)
def test_a_capture_that_does_not_fit_its_table_is_refused(capture: Capture, reason: str) -> None:
    with pytest.raises(CatalogError, match=f"desk.notes cannot be captured: .*{reason}"):
        captured(key(), Column("author", Text), capture=capture)


@pytest.mark.parametrize("name", [*sorted(RESERVED_COLUMNS), "_typed_0", "_lost_12"])
def test_a_column_named_like_one_of_captures_own_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match=f"column {name}: capture has a column of this name itself"):
        captured(key(), Column(name, Text))


def test_a_column_whose_name_has_a_backslash_is_refused() -> None:
    with pytest.raises(CatalogError, match="its name has a backslash"):
        captured(key(), Column("a\\b", Text))


@pytest.mark.parametrize("kind", [REGCLASS(), ARRAY(REGCLASS), String(3).with_variant(REGCLASS(), "postgresql")])
def test_a_type_that_is_not_carried_is_refused_unless_excluded(kind: TypeEngine[object]) -> None:
    with pytest.raises(CatalogError, match=r"column body: type regclass cannot be carried: .*; exclude the column, or"):
        captured(key(), Column("body", kind))
    assert captured(key(), Column("body", kind), capture=Capture(exclude=frozenset({"body"}))).key == ("id",)


@pytest.mark.parametrize("persisted", [True, False])
def test_a_generated_column_is_refused_since_the_services_updates_would_fail(persisted: bool) -> None:
    with pytest.raises(CatalogError, match=r"has generated columns: size; .* let the service write them"):
        captured(key(), Column("body", Text), Column("size", Integer, Computed("length(body)", persisted=persisted)))


def test_a_floating_point_key_is_refused() -> None:
    with pytest.raises(CatalogError, match="key column id is a floating-point number"):
        captured(Column("id", Float, primary_key=True))


def test_an_enum_without_a_type_of_its_own_is_carried_as_a_label() -> None:
    assert captured(key(), Column("kind", Enum("a", "b", native_enum=False))).columns[1].postgres_type == "label"
