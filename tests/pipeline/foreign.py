"""A database that nobody here modelled, as its owner would have made it: odd names, several schemas, every habit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from clickhouse_connect.driver import Client
from typer.testing import CliRunner, Result

from cdc.adoption.release import drop_data
from cdc.captured import captured
from cdc.clickhouse import client
from cdc.commands.app import app
from deploy.local.postgres import Postgres
from services.registry import service_named
from tests.pipeline.capture import Capture
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.sql import run

_NUMBERS = count(1)
# Names that our own queries use for other things, and names that must be quoted.
_ODD_NAMES = (
    *("newest", "change", "actor", "epoch", "lsn", "xid", "service", "held", "made", "found", "k", "r", "key_texts"),
    *("landed", "name", "op", "at", '"from"', '"Größe"', '"a ""b"" c"', '"x.y"', '"{z}"', '"%s"', '"it\'s"'),
)
SHOP = (
    "CREATE SCHEMA sales",
    "CREATE TYPE mood AS ENUM ('glad', 'it''s so so')",
    "CREATE DOMAIN price AS numeric(12,2) CHECK (value >= 0)",
    "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, feels mood)",
    "ALTER TABLE customers ADD COLUMN secret text",
    f"CREATE TABLE notes (version int, image text, PRIMARY KEY (version, image), {' text, '.join(_ODD_NAMES)} text)",
    """CREATE TABLE sales."Order lines" ("order" uuid, "no." smallint, cost price, PRIMARY KEY ("no.", "order"),
        twice numeric(14,2) GENERATED ALWAYS AS (cost * 2) STORED)""",
    "CREATE TABLE sales.customers (id text PRIMARY KEY, customer bigint REFERENCES public.customers)",
    """CREATE TABLE measured (at timestamptz, sensor int, value float8, PRIMARY KEY (at, sensor))
        PARTITION BY RANGE (at)""",
    "CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "CREATE TABLE measured_2027 PARTITION OF measured FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    "CREATE UNIQUE INDEX by_name ON customers (name)",
    "ALTER TABLE customers REPLICA IDENTITY USING INDEX by_name",
    "ALTER TABLE sales.customers REPLICA IDENTITY NOTHING",
    "INSERT INTO customers (name, feels, secret) VALUES ('anna', 'glad', 'hush'), ('bo', NULL, NULL)",
    "INSERT INTO notes (version, image, change) VALUES (1, 'a', 'first'), (2, '', NULL)",
    'INSERT INTO sales."Order lines" VALUES (gen_random_uuid(), 1, 2.50), (gen_random_uuid(), 2, 0)',
    "INSERT INTO sales.customers VALUES ('x', 1)",
    "INSERT INTO measured VALUES ('2026-05-01', 1, 0.1), ('2027-05-01', 1, 'NaN')",
)
CHANGES = (
    "UPDATE customers SET feels = 'it''s so so', secret = 'still' WHERE name = 'anna'",
    "INSERT INTO customers (name) VALUES ('cleo')",
    "UPDATE notes SET image = 'b', newest = E'tab\\tand \\\\ back' WHERE version = 1",
    "DELETE FROM notes WHERE version = 2",
    'UPDATE sales."Order lines" SET cost = cost + 1',
    "DELETE FROM sales.customers",
    "UPDATE measured SET value = 5 WHERE at = '2026-05-01'",
    "UPDATE measured SET at = at + interval '13 months' WHERE at = '2026-05-01'",
)
# What adoption may change in PostgreSQL, and release must bring back.
FOOTPRINT = """
SELECT relname::text, relreplident::text, coalesce(relacl, acldefault('r', relowner))::text,
    ARRAY(SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = c.oid AND indisreplident)
FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace IN ('public'::regnamespace, to_regnamespace('sales'))
UNION ALL SELECT nspname::text, '', coalesce(nspacl, acldefault('n', nspowner))::text, NULL FROM pg_namespace
    WHERE nspname IN ('public', 'sales')
UNION ALL SELECT attname::text, '', attacl::text, NULL FROM pg_attribute WHERE attacl != '{}' AND attrelid > 16384
UNION ALL SELECT pubname::text, '', '', NULL FROM pg_publication
UNION ALL SELECT slot_name::text, '', '', NULL FROM pg_replication_slots WHERE database = current_database()
UNION ALL SELECT tgname::text, '', '', NULL FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2, 3
"""


class Foreign:
    """A database, and the commands that are run on it under the name it was adopted as."""

    def __init__(self, database: ServiceDatabase, opened: Client, clickhouse_url: str) -> None:
        self.dsn, self.name, self.clickhouse = database.superuser_dsn, database.name, opened
        self._database, self.clickhouse_url = database, clickhouse_url

    def sql(self, *statements: str) -> None:
        for statement in statements:
            run(self.dsn, statement)

    def footprint(self) -> list[tuple[object, ...]]:
        return run(self.dsn, FOOTPRINT)

    def command(self, *arguments: str, answer: str | None = None, **variables: str) -> Result:
        """`python -m cdc …`, with the address of the database as `cdc run` finds it."""
        environment = {
            "COLUMNS": "200",
            "HULEEDU_ENV_FILE": os.devnull,
            "CDC_CLICKHOUSE_URL": self.clickhouse_url,
            f"CDC_{self.name.upper()}_DATABASE_URL": self.dsn,
        }
        return CliRunner().invoke(app, arguments, env=environment | variables, input=answer)

    def adopt(self, *options: str) -> Result:
        return self.command("adopt", self.dsn, "--as", self.name, "--yes", *options)

    def release(self, *options: str) -> Result:
        return self.command("release", self.name, "--yes", *options)

    @property
    def capture(self) -> Capture:
        """The adopted database as tests of the pipeline know any captured one."""
        catalog = captured(self.clickhouse).service(self.name)
        return Capture(self._database, catalog, self.clickhouse_url, self.clickhouse)


@contextmanager
def foreign_database(server: Postgres, templates: ServiceTemplates, clickhouse_url: str) -> Iterator[Foreign]:
    """An empty database, gone with all that was captured of it at the end."""
    name = f"foreign_{next(_NUMBERS)}"
    run(server.dsn(), f"CREATE DATABASE {name}")
    dsn = server.dsn(name)
    database = ServiceDatabase(service_named("file"), name, dsn, dsn, dsn, dsn)
    with client(clickhouse_url) as opened:
        try:
            yield Foreign(database, opened, clickhouse_url)
        finally:
            for _ in drop_data(name, opened):
                continue
            templates.drop(database)
