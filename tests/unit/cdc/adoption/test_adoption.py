"""Adoption without a database: names, refusals of servers, what is undone, and what is recorded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cdc.adoption.changes import Undo, statements, undo_of, undoing
from cdc.adoption.facts import FoundColumn, FoundTable, Part, Reader, Server
from cdc.adoption.plan import Wish, catalog_of_found, known_as
from cdc.adoption.refusals import of_name, of_server, of_table
from cdc.catalog.adopted import ADOPTED, ADOPTING, RELEASED, RELEASING, adopted_catalogs, tables_as_text

SERVER = Server(
    database="shop",
    system_identifier=7,
    version=180_006,
    wal_level="logical",
    in_recovery=False,
    encoding="UTF8",
    free_slots=1,
    free_senders=1,
    role="owner",
    may_create=True,
    publication_owner=None,
)
READER = Reader("reader", exists=True, replicates=True, bypasses_row_security=False)
ORDERS = FoundTable(
    schema="sales",
    name="Order lines",
    owner="owner",
    root=None,
    inherited=False,
    key=("id",),
    deferrable=False,
    spare_index=None,
    columns=(FoundColumn("total", "numeric(12,2)", ("numeric",), ""), FoundColumn("id", "uuid", ("uuid",), "")),
    row_security=False,
    owned=True,
    parts=(Part('sales."Order lines"', "r", "p", "i", "by_total"),),
    usable=True,
    readable=frozenset({"id"}),
)


@pytest.mark.parametrize(
    ("schema", "name", "known"),
    [
        ("public", "orders", "orders"),
        ("public", "Order lines", "Order_lines"),
        ("sales", "orders", "sales_orders"),
        ("public", "2026", "_2026"),
        ("public", "größe", "gr__e"),
        ("public", 'a"b.c', "a_b_c"),
    ],
)
def test_a_table_goes_by_a_name_that_needs_no_quotes(schema: str, name: str, known: str) -> None:
    assert known_as(schema, name) == known


@pytest.mark.parametrize("name", ["Shop", "2shop", "", "shop store", "s" * 41, "shop_store"])
def test_a_name_that_slots_and_databases_cannot_have_is_refused(name: str) -> None:
    [reason] = of_name(name, (), ())
    assert "give it another name with --as" in reason


def test_a_name_that_somebody_has_is_refused() -> None:
    assert "declares its own tables" in next(of_name("file", ["file"], ()))
    assert "ClickHouse has a database shop_store already" in next(of_name("shop", ["file"], ["shop_store"]))
    assert next(of_name("shop", ["file"], ["file"]), None) is None


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (replace(SERVER, version=140_010), "PostgreSQL 14 is too old"),
        (replace(SERVER, in_recovery=True), "adopt the database on its primary"),
        (replace(SERVER, wal_level="replica"), "`ALTER SYSTEM SET wal_level = 'logical'`, and restart"),
        (replace(SERVER, encoding="SQL_ASCII"), "convert it to UTF8"),
        (replace(SERVER, free_slots=0), "all of max_replication_slots are in use: raise it"),
        (replace(SERVER, free_senders=0), "all of max_wal_senders are in use: raise it"),
        (replace(SERVER, may_create=False), "owner may not create a publication: `GRANT CREATE ON DATABASE"),
    ],
)
def test_a_server_that_cannot_send_is_refused_with_what_to_do(server: Server, reason: str) -> None:
    [said] = of_server(server, READER)
    assert said.startswith("database shop: ")
    assert reason in said


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (replace(ORDERS, row_security=True), "row security hides rows from reader: `ALTER ROLE reader BYPASSRLS`"),
        (replace(ORDERS, owned=False), "owner does not own it: adopt as owner, or as a superuser"),
        (
            replace(ORDERS, columns=(*ORDERS.columns, FoundColumn("c", "integer", ("integer",), "s"))),
            "column c: it is generated, and PostgreSQL before 18 does not send it",
        ),
        (
            replace(ORDERS, parts=(*ORDERS.parts, Part("sales.old", "f", "p", "d", None))),
            "its partition sales.old is foreign, and sends no changes",
        ),
        (
            replace(ORDERS, parts=(*ORDERS.parts, Part("sales.old", "r", "u", "d", None))),
            "its partition sales.old is unlogged, so its changes are not in the WAL: `ALTER TABLE sales.old SET",
        ),
    ],
)
def test_a_table_that_cannot_be_carried_is_refused_by_name(table: FoundTable, reason: str) -> None:
    [said] = of_table(table, replace(SERVER, version=170_000), READER, frozenset())
    assert said.startswith('sales."Order lines": ')
    assert reason in said
    assert next(of_table(ORDERS, SERVER, READER, frozenset()), None) is None


def test_only_what_is_not_so_already_is_changed_and_undone() -> None:
    catalog = catalog_of_found(Wish("shop"), [ORDERS], {})
    changed = list(statements([ORDERS], catalog, "reader", SERVER))
    assert changed[0] == 'ALTER TABLE sales."Order lines" REPLICA IDENTITY FULL'
    assert 'GRANT SELECT ("total") ON sales."Order lines" TO "reader"' in changed
    undo = undo_of([ORDERS], catalog, "reader")
    assert list(undoing(undo, {ORDERS.relation: "f"})) == [
        "DROP PUBLICATION IF EXISTS huleedu_cdc",
        "DROP FUNCTION IF EXISTS public.huleedu_tell_truncate() CASCADE",
        'ALTER TABLE sales."Order lines" REPLICA IDENTITY USING INDEX by_total',
        'REVOKE SELECT ("total") ON sales."Order lines" FROM "reader"',
    ]
    done = replace(
        ORDERS, parts=(replace(ORDERS.itself, identity="f"),), readable=frozenset({"id", "total"}), usable=True
    )
    assert undo_of([done], catalog, "reader") == Undo({}, ())
    assert not any("IDENTITY" in each or "GRANT" in each for each in statements([done], catalog, "reader", SERVER))


def test_what_somebody_else_changed_since_is_left_alone() -> None:
    undo = Undo({"public.a": "DEFAULT", "public.gone": "DEFAULT"}, ())
    assert not any("IDENTITY" in each for each in undoing(undo, {"public.a": "i"}))


def test_the_earlier_of_two_adoptions_knows_how_it_was() -> None:
    earlier, later = Undo({"a": "DEFAULT"}, ("one",)), Undo({"a": "FULL", "b": "NOTHING"}, ("one", "two"))
    assert later.after(earlier) == Undo({"a": "DEFAULT", "b": "NOTHING"}, ("one", "two"))


def test_generated_columns_are_published_since_updates_would_fail_otherwise() -> None:
    table = replace(ORDERS, columns=(*ORDERS.columns, FoundColumn("c", "integer", ("integer",), "s")))
    catalog = catalog_of_found(Wish("shop"), [table], {})
    wanted = "ALTER PUBLICATION huleedu_cdc SET (publish_generated_columns = stored)"
    assert wanted in list(statements([table], catalog, "reader", SERVER))
    assert wanted not in list(statements([ORDERS], catalog, "reader", SERVER))


def test_a_recorded_catalog_is_the_one_that_was_adopted() -> None:
    wish = Wish("shop", retain=timedelta(days=1.5))
    catalog = catalog_of_found(wish, [ORDERS], {("sales", "Order lines"): frozenset({"total"})})
    [table] = catalog.tables
    assert (table.name, table.in_postgres) == ("sales_Order_lines", '"sales"."Order lines"')
    text = tables_as_text(catalog)
    assert adopted_catalogs([("shop", ADOPTED, text)]) == (catalog,)
    states = (ADOPTING, ADOPTED, RELEASING, RELEASED)
    assert [bool(adopted_catalogs([("shop", state, text)])) for state in states] == [False, True, False, False]
    readable = [bool(adopted_catalogs([("shop", state, text)], released=True)) for state in states]
    assert readable == [False, True, True, True]
