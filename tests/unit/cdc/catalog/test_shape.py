"""Shapes of a table: whatever PostgreSQL describes, nothing that is stored is lost, retyped or moved."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.catalog.clickhouse_ddl import landing_columns, table_objects
from cdc.catalog.model import CapturedTable, CatalogError, Column
from cdc.catalog.shape import Described, change_between, reshaped, with_former
from services.kit.capture import Capture

KEY = Column("id", "integer")
TABLE = CapturedTable(
    "library",
    "public",
    "books",
    (KEY, Column("title", "character varying(50)"), Column("price", "numeric(10, 2)"), Column("shelf", "label")),
    ("id",),
    Capture(exclude=frozenset({"cover"})),
)
NOW = (("id", "integer"), ("title", "character varying(50)"), ("price", "numeric(10,2)"), ("shelf", "text"))
NAMES = ("title", "price", "shelf", "colour", "pages", "cover")
TYPES = ("integer", "bigint", "text", "numeric(10,2)", "numeric(10,4)", "timestamp with time zone", "boolean")


@st.composite
def described(draw: st.DrawFn) -> list[Described]:
    """A description of the table that has its key, in any order."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    columns = [
        ("id", draw(st.sampled_from(("integer", "bigint", "text")))),
        *((n, draw(st.sampled_from(TYPES))) for n in names),
    ]
    return draw(st.permutations(columns))


def stored_types(table: CapturedTable) -> dict[str, str]:
    """Each column's type in ClickHouse's history."""
    return table_objects(table, {})[1].columns


@given(st.lists(described(), min_size=1, max_size=6))
def test_after_any_descriptions_the_columns_are_those_of_the_last_one_and_what_is_stored_is_kept(
    descriptions: list[list[Described]],
) -> None:
    table = TABLE
    for each in descriptions:
        before, table = table, reshaped(table, each)
        assert stored_types(before).items() <= stored_types(table).items()
    last = {name: kind for name, kind in descriptions[-1] if name != "cover"}
    assert {column.name: column.postgres_type for column in table.columns} == last
    assert not {column.name for column in table.former} & last.keys()
    assert [column.name for column in table.key_columns] == ["id"]
    assert "cover" not in stored_types(table)


@given(described())
def test_the_order_of_a_description_of_known_columns_does_not_matter(description: list[Described]) -> None:
    known = reshaped(TABLE, description)
    assert reshaped(known, sorted(description)) == known
    assert not change_between(known, reshaped(known, sorted(description)))


@given(described(), described())
def test_rows_of_any_earlier_shape_find_all_their_columns_in_the_landing_of_a_later_one(
    earlier: list[Described], later: list[Described]
) -> None:
    first = reshaped(TABLE, earlier)
    second = reshaped(first, later)
    assert landing_columns(first).items() <= table_objects(second, {})[0].columns.items()


@given(described(), described())
def test_a_change_names_what_differs_between_two_descriptions(earlier: list[Described], later: list[Described]) -> None:
    change = change_between(reshaped(TABLE, earlier), reshaped(reshaped(TABLE, earlier), later))
    before, after = ({name: kind for name, kind in each if name != "cover"} for each in (earlier, later))
    assert set(change.added) == after.keys() - before.keys()
    assert set(change.gone) == before.keys() - after.keys()
    assert set(change.retyped) == {name for name in after.keys() & before.keys() if after[name] != before[name]}
    assert bool(change) == (before != after)


def test_the_types_of_postgresql_take_the_place_of_the_declared_ones_and_storage_stays() -> None:
    table = reshaped(TABLE, NOW)
    assert table.columns == (
        KEY,
        Column("title", "character varying(50)"),
        Column("price", "numeric(10,2)"),
        Column("shelf", "text", stored_as="label"),
    )
    assert stored_types(table) == stored_types(TABLE)


@pytest.mark.parametrize(
    ("before", "after", "stored_as"),
    [
        ("integer", "bigint", "integer"),
        ("character varying(50)", "text", None),
        ("numeric(10,2)", "numeric(10,4)", "numeric(10,2)"),
        ("text", "integer", "text"),
        ("timestamp without time zone", "timestamp with time zone", "timestamp without time zone"),
        ("json", "jsonb", None),
    ],
)
def test_a_retyped_column_is_stored_as_before_and_read_as_now(before: str, after: str, stored_as: str | None) -> None:
    table = reshaped(replace(TABLE, columns=(KEY, Column("x", before))), [("id", "integer"), ("x", after)])
    [column] = table.value_columns
    assert column == Column("x", after, stored_as)
    assert column.rule.storage == Column("x", before).rule.storage
    assert column.rule.postgres_text("x") == Column("x", after).rule.postgres_text("x")
    back = reshaped(table, [("id", "integer"), ("x", before)])
    assert back.value_columns == (Column("x", before),)


def test_a_renamed_column_is_gone_and_added() -> None:
    table = reshaped(reshaped(TABLE, NOW), [*NOW[:2], ("cost", "numeric(10,2)"), NOW[3]])
    assert str(change_between(reshaped(TABLE, NOW), table)) == "added cost; gone price"
    assert table.former == (Column("price", "numeric(10,2)"),)


def test_a_column_that_returns_takes_up_what_is_stored_of_it() -> None:
    without = reshaped(TABLE, NOW[:2])
    returned = reshaped(without, [*NOW[:2], ("price", "text")])
    assert returned.columns[-1] == Column("price", "text", stored_as="numeric(10, 2)")
    assert [column.name for column in returned.former] == ["shelf"]


def test_a_key_that_is_not_whole_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        CatalogError,
        match=r"library\.books: rows were sent without the key column id; undo .*drop the replication slot",
    ):
        reshaped(TABLE, NOW[1:])


@pytest.mark.parametrize(("name", "kind"), [("photo", "no such type"), ("_version", "text")])
def test_a_column_that_cannot_be_carried_is_refused_unless_it_is_excluded(name: str, kind: str) -> None:
    with pytest.raises(CatalogError, match=rf"library\.books cannot be captured: column {name}.* exclude"):
        reshaped(TABLE, [*NOW, (name, kind)])
    excluding = replace(TABLE, capture=Capture(exclude=frozenset({name})))
    assert reshaped(excluding, [*NOW, (name, kind)]).columns == reshaped(TABLE, NOW).columns


def test_former_columns_are_stored_once() -> None:
    table = with_former(TABLE, [Column("colour", "text"), Column("price", "text")])
    assert table.former == (Column("colour", "text"),)
    assert with_former(table, [Column("colour", "integer")]) == table
