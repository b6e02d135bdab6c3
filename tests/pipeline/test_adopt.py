"""A database that nobody modelled, carried by reflection: adopted, repeated, refused; and released without a trace."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing

import psycopg2
import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from typer.testing import CliRunner, Result

from analytics.cli import app as analytics_app
from cdc.catalog.clickhouse_object import ClickHouseObject
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from migrations.clickhouse import ObjectState, upgrade
from tests.pipeline.foreign import CHANGES, SHOP, Foreign, foreign_database
from tests.support.service_database import ServiceTemplates
from tests.support.sql import run

FAILED, USAGE = 1, 2


@pytest.fixture(name="foreign")
def _foreign(
    postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse
) -> Iterator[Foreign]:
    """An empty database; ClickHouse has at most what another test made."""
    with foreign_database(postgres_server, service_templates, clickhouse_server.url) as foreign:
        yield foreign


@pytest.fixture(name="shop")
def _shop(foreign: Foreign) -> Foreign:
    foreign.sql(*SHOP)
    return foreign


def analytics(shop: Foreign, *arguments: str) -> Result:
    environment = {"ANALYTICS_CLICKHOUSE_URL": shop.clickhouse_url, "HULEEDU_ENV_FILE": os.devnull, "COLUMNS": "200"}
    return CliRunner().invoke(analytics_app, arguments, env=environment)


def slot(shop: Foreign) -> str:
    return f"huleedu_{shop.name}_slot"


def test_an_adopted_database_is_copied_and_streamed_and_proved_equal(shop: Foreign) -> None:
    adopted = shop.adopt("--exclude", "customers.secret")
    assert adopted.exit_code == 0, adopted.output
    assert f"python -m cdc run {shop.name}" in adopted.stdout
    capture, name = shop.capture, shop.name
    with capture.streaming():
        shop.sql(*CHANGES)
        capture.catch_up()
        capture.assert_whole()
        verified = shop.command("verify", name)
        lines = [json.loads(line) for line in shop.command("lag", name, "--json").stdout.splitlines()]
        assert shop.command("resnapshot", f"{name}.notes").exit_code == 0
        assert shop.command("retain", name).exit_code == 0
        assert shop.command("verify", f"{name}.notes").exit_code == 0
    assert verified.exit_code == 0, verified.output
    tables = {"customers", "notes", "measured", "sales_customers", "sales_Order_lines"}
    assert {line.split(":")[0] for line in verified.stdout.splitlines()} == {f"{name}.{table}" for table in tables}
    assert lines[0]["slot"]["active"]
    assert capture.select(f"SELECT name, feels FROM {name}.customers ORDER BY id") == [
        ("anna", "it's so so"),
        ("bo", None),
        ("cleo", None),
    ]
    assert capture.select(f"SELECT toString(sum(twice)) FROM {name}.sales_Order_lines") == [("9",)]
    as_asked = analytics(shop, "timeline", f"{name}.notes", "1,b")
    assert as_asked.exit_code == 0, as_asked.output
    assert "tab\\tand" in as_asked.stdout
    assert analytics(shop, "as-of", f"{name}.sales_Order_lines", "now").exit_code == 0
    columns = capture.select(f"SELECT name FROM system.columns WHERE database IN ('{name}', '{name}_store')")
    assert ("secret",) not in columns


def test_release_puts_everything_back_as_it_was_and_may_be_repeated(shop: Foreign) -> None:
    run(shop.dsn, "DROP ROLE IF EXISTS shop_reader")
    run(shop.dsn, "CREATE ROLE shop_reader LOGIN REPLICATION PASSWORD 'reads'")
    shop.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC", "GRANT SELECT (name) ON customers TO shop_reader")
    before = shop.footprint()
    assert shop.adopt("--exclude", "customers.secret", "--reader", "shop_reader").exit_code == 0
    readable = "SELECT has_column_privilege('shop_reader', 'customers', '{}', 'SELECT')"
    assert [run(shop.dsn, readable.format(column))[0][0] for column in ("id", "secret")] == [True, False]
    run(shop.dsn, f"SELECT pg_create_logical_replication_slot('{slot(shop)}', 'pgoutput')")
    adopted = shop.footprint()
    assert adopted != before

    # Adopting anew changes nothing and forgets nothing of how it was.
    assert shop.adopt("--reader", "shop_reader").exit_code == 0
    assert shop.footprint() == adopted
    released = shop.release()
    assert released.exit_code == 0, released.output
    assert shop.footprint() == before
    assert shop.clickhouse.command(f"EXISTS VIEW {shop.name}.customers") == 1
    assert shop.command("verify", f"{shop.name}.customers").exit_code == USAGE

    assert shop.release("--drop-data").exit_code == 0
    assert shop.footprint() == before
    left = f"SELECT count() FROM system.databases WHERE name IN ('{shop.name}', '{shop.name}_store')"
    assert shop.clickhouse.command(left) == 0
    again = shop.release()
    assert again.exit_code == USAGE
    assert f"nothing was adopted as {shop.name}" in again.stderr
    shop.sql("DROP OWNED BY shop_reader", "DROP ROLE shop_reader")


def test_a_released_database_can_be_adopted_again_and_what_happened_meanwhile_is_not_missed(shop: Foreign) -> None:
    assert shop.adopt("--tables", "customers").exit_code == 0
    with shop.capture.streaming():
        pass
    assert shop.release().exit_code == 0
    shop.sql("DELETE FROM customers WHERE name = 'bo'", "INSERT INTO customers (name) VALUES ('dan')")
    assert shop.adopt("--tables", "customers").exit_code == 0
    with shop.capture.streaming():
        shop.capture.assert_whole()
    assert shop.capture.select(f"SELECT name FROM {shop.name}.customers ORDER BY id") == [("anna",), ("dan",)]


def test_half_an_adoption_can_be_finished_and_can_be_released(shop: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    before, made = shop.footprint(), list[object]()

    def upgrade_once(opened: Client, objects: Sequence[ClickHouseObject]) -> tuple[ObjectState, ...]:
        made.append(objects)
        if len(made) > 1:
            raise ClickHouseError("the disk is full")
        return upgrade(opened, objects)

    with monkeypatch.context() as broken:
        broken.setattr("cdc.adoption.adopt.upgrade", upgrade_once)
        cut_off = shop.adopt()
    assert (cut_off.exit_code, cut_off.stderr.strip()) == (FAILED, "the disk is full")
    assert shop.footprint() == before
    assert shop.release().exit_code == 0
    assert shop.footprint() == before
    assert shop.adopt().exit_code == 0
    assert shop.footprint() != before
    assert shop.release().exit_code == 0
    assert shop.footprint() == before


def test_a_table_in_use_is_not_waited_for_long_and_nothing_is_changed(
    shop: Foreign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.adoption.transaction._LOCK_SECONDS", 1)
    before = shop.footprint()
    with closing(psycopg2.connect(shop.dsn)) as busy, busy.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM notes")
        refused = shop.adopt()
    assert refused.exit_code == FAILED
    assert "nothing was changed in PostgreSQL" in refused.stderr
    assert shop.footprint() == before


def test_release_waits_for_nobody_who_reads_the_slot(shop: Foreign) -> None:
    assert shop.adopt("--tables", "customers").exit_code == 0
    with shop.capture.streaming():
        refused = shop.release()
    assert refused.exit_code == USAGE
    assert f"`cdc run` still reads slot {slot(shop)}: stop it first" in refused.stderr
    assert "huleedu_cdc" in str(shop.footprint())


REFUSED = {
    "CREATE TABLE keyless (a int, b int NOT NULL UNIQUE)": (
        "public.keyless: it has no primary key, so rows cannot be told apart:"
        " `ALTER TABLE public.keyless ADD PRIMARY KEY USING INDEX keyless_b_key`"
    ),
    "CREATE TABLE bare (a int)": "`ALTER TABLE public.bare ADD PRIMARY KEY (…)`",
    "CREATE TABLE late (a int PRIMARY KEY DEFERRABLE)": "public.late: its primary key is deferrable",
    "CREATE UNLOGGED TABLE quick (a int PRIMARY KEY)": "`ALTER TABLE public.quick SET LOGGED`",
    "CREATE TABLE inexact (a float8 PRIMARY KEY)": "public.inexact: key column a is a floating-point number",
    "CREATE TABLE named (a int PRIMARY KEY, b regclass[])": "column b: type regclass cannot be carried: its text",
    "CREATE TYPE pair AS (a int, b regrole); CREATE TABLE pairs (a int PRIMARY KEY, b pair[])": (
        "public.pairs: column b: type regrole cannot be carried"
    ),
    "CREATE TABLE reserved (a int PRIMARY KEY, _raw text)": "column _raw: capture has a column of this name itself",
    "CREATE TABLE typed (a int PRIMARY KEY, _typed_1 text)": "column _typed_1: capture has a column of this name",
    'CREATE TABLE slashed (a int PRIMARY KEY, "b\\c" text)': "its name has a backslash",
    "CREATE TABLE computed (a int PRIMARY KEY, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)": (
        "public.computed: b is a virtual generated column: beside REPLICA IDENTITY FULL the table's own updates would"
    ),
    "CREATE TABLE parent (a int PRIMARY KEY); CREATE TABLE child () INHERITS (parent)": (
        "public.parent: other tables inherit from it"
    ),
    "CREATE SCHEMA a; CREATE TABLE a.b_c (a int PRIMARY KEY); CREATE TABLE a_b_c (a int PRIMARY KEY)": (
        '"a"."b_c", "public"."a_b_c" would share names in ClickHouse: leave all but one out, or rename them'
    ),
}
REFUSED_BY_NAME = {
    "CREATE VIEW seen AS SELECT 1 AS a": ("seen", "public.seen: it is a view, which sends no changes"),
    "CREATE TABLE root (a int PRIMARY KEY) PARTITION BY RANGE (a); CREATE TABLE leaf PARTITION OF root DEFAULT": (
        "leaf",
        "public.leaf: it is a partition: name public.root, and all partitions come with it",
    ),
    "CREATE TABLE lone (a int PRIMARY KEY)": ("other", "no table is called other; tables of this database:"),
}


def test_what_cannot_be_carried_is_refused_by_name_with_what_to_do_and_nothing_is_changed(foreign: Foreign) -> None:
    clashing, *others = reversed(REFUSED)
    foreign.sql(*others)
    before = foreign.footprint()
    refused = foreign.adopt()
    assert refused.exit_code == USAGE
    assert [REFUSED[statement] for statement in others if REFUSED[statement] not in refused.stderr] == []
    foreign.sql(clashing)
    tables = foreign.adopt("--tables", "a.b_c, a_b_c")
    assert REFUSED[clashing] in tables.stderr
    for statement, (table, reason) in REFUSED_BY_NAME.items():
        foreign.sql(statement)
        assert reason in foreign.adopt("--tables", table).stderr
    foreign.sql("DROP SCHEMA a CASCADE", "DROP TABLE a_b_c, root, lone", "DROP VIEW seen")
    assert foreign.footprint() == before


def test_a_database_or_a_name_that_cannot_be_taken_is_refused(shop: Foreign, postgres_server: Postgres) -> None:
    run(shop.dsn, "DROP ROLE IF EXISTS shop_owner")
    run(shop.dsn, "CREATE ROLE shop_owner LOGIN PASSWORD 'owns'")
    owner = postgres_server.dsn(shop.name, user="shop_owner", password="owns")
    shop.sql("CREATE TABLE mine (a int PRIMARY KEY)", "ALTER TABLE mine OWNER TO shop_owner")
    refusals = {
        (shop.dsn, "--as", "file"): "file is a service that declares its own tables",
        (shop.dsn, "--as", "cdc"): "ClickHouse has a database cdc already: give it another name with --as",
        (shop.dsn, "--as", "My Shop"): "'My Shop' is no name for capture",
        (owner, "--tables", "mine"): "shop_owner may not create a publication: `GRANT CREATE ON DATABASE",
        (owner, "--tables", "customers"): "role shop_owner may not replicate: `ALTER ROLE shop_owner REPLICATION`",
        (shop.dsn, "--reader", "nobody_there"): "there is no role nobody_there: `CREATE ROLE",
        (shop.dsn, "--exclude", "customers.id"): "public.customers: id is of its primary key, and cannot be excluded",
        (shop.dsn, "--exclude", "customers.hat"): "public.customers: --exclude names hat, which it does not have",
    }
    for arguments, reason in refusals.items():
        refused = shop.command("adopt", *arguments, "--yes")
        assert refused.exit_code == USAGE, (arguments, refused.output)
        assert reason in refused.stderr
    shop.sql("ALTER ROLE shop_owner REPLICATION", f"GRANT CREATE ON DATABASE {shop.name} TO shop_owner")
    assert "shop_owner does not own it: adopt as postgres" in shop.command("adopt", owner, "--yes").stderr
    adopted = shop.command("adopt", owner, "--tables", "mine", "--yes")
    assert adopted.exit_code == 0, adopted.output
    another = shop.command("adopt", shop.dsn, "--as", f"{shop.name}_again", "--yes")
    assert "publication huleedu_cdc is there already, of shop_owner" in another.stderr
    assert shop.release().exit_code == 0
    shop.sql("DROP OWNED BY shop_owner", "DROP ROLE shop_owner")


def test_nothing_is_done_unless_it_is_agreed_to(shop: Foreign) -> None:
    before = shop.footprint()
    declined = shop.command("adopt", shop.dsn, answer="n\n")
    assert declined.exit_code == 0
    assert 'ALTER TABLE sales."Order lines" REPLICA IDENTITY FULL;' in declined.stdout
    assert f'{shop.name}.sales_Order_lines: "sales"."Order lines", 4 columns, key no., order' in declined.stdout
    assert shop.footprint() == before
    assert shop.command("verify", shop.name).exit_code == USAGE


def test_every_table_of_a_schema_can_be_named_and_more_be_added_later(shop: Foreign) -> None:
    assert shop.adopt("--tables", "sales.*").exit_code == 0
    assert {table.name for table in shop.capture.catalog.tables} == {"sales_customers", "sales_Order_lines"}
    assert shop.adopt("--tables", 'customers,"notes"', "--exclude", "customers.secret").exit_code == 0
    tables = {table.name: table for table in shop.capture.catalog.tables}
    assert set(tables) == {"sales_customers", "sales_Order_lines", "customers", "notes"}
    assert tables["customers"].excluded == frozenset({"secret"})
    refused = shop.adopt("--tables", "notes", "--exclude", "customers.name")
    assert "was adopted with another key or other exclusions" in refused.stderr
