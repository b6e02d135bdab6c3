"""The measured workload: one table of eleven columns of mixed types, written in transactions of many sizes."""

import random

import psycopg2
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Enum,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    Uuid,
    create_engine,
)
from sqlalchemy import Column as ModelColumn
from sqlalchemy import Table as ModelTable
from sqlalchemy.dialects.postgresql import JSONB

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import create_publication, publish, replica_identity
from services.kit.capture import Capture

SERVICE = "bench"
_METADATA = MetaData()
_TABLE = ModelTable(
    "orders",
    _METADATA,
    ModelColumn("id", BigInteger, primary_key=True),
    ModelColumn("reference", Uuid, nullable=False),
    ModelColumn("name", String(200), nullable=False),
    ModelColumn("status", Enum("new", "done", "failed", native_enum=False), nullable=False),
    ModelColumn("note", Text),
    ModelColumn("details", JSONB),
    ModelColumn("created_at", DateTime(timezone=True), nullable=False),
    ModelColumn("updated_at", DateTime(timezone=True)),
    ModelColumn("amount", Numeric(14, 2)),
    ModelColumn("active", Boolean, nullable=False),
    ModelColumn("quantity", Integer, nullable=False),
    info=Capture().info(),
)
_INSERT = (
    "INSERT INTO orders SELECT i, gen_random_uuid(), 'name ' || i, (ARRAY['new','done','failed'])[1 + i %% 3],"
    " CASE WHEN i %% 3 = 0 THEN 'note text of some length ' || i END, jsonb_build_object('k', i, 'v', 'abcdef'),"
    " now(), CASE WHEN i %% 2 = 0 THEN now() END, i + (i %% 100) / 100.0, i %% 2 = 1, i %% 1000"
    " FROM generate_series(%s::bigint, %s::bigint) AS i"
)
_UPDATE = "UPDATE orders SET quantity = quantity + 1, updated_at = clock_timestamp() WHERE id BETWEEN %s AND %s"
_DELETE = "DELETE FROM orders WHERE id BETWEEN %s AND %s"
_LONGEST_TRANSACTION = 1000


def catalog(service: str = SERVICE) -> ServiceCatalog:
    """The workload's table as capture sees it; another name of the service gives it other tables in ClickHouse."""
    return catalog_of_metadata(service, _METADATA)


def prepare(dsn: str) -> None:
    """Make the table, published with REPLICA IDENTITY FULL."""
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://"))
    _METADATA.create_all(engine)
    engine.dispose()
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for table in catalog().tables:
            cursor.execute(replica_identity(table.in_postgres))
        cursor.execute(create_publication())
        cursor.execute(publish(catalog()))
    connection.close()


def write(dsn: str, changes: int, seed: int) -> None:
    """Write `changes` changes: 70% inserts, 25% updates, 5% deletions, in transactions of 1 to 1,000 rows."""
    rng, connection, next_id, oldest = random.Random(seed), psycopg2.connect(dsn), 1, 1
    with connection.cursor() as cursor:
        while changes > 0:
            size = min(changes, rng.randint(1, _LONGEST_TRANSACTION))
            kind = rng.choices(("insert", "update", "delete"), (70, 25, 5))[0]
            if kind == "insert" or next_id - oldest <= size:
                cursor.execute(_INSERT, (next_id, next_id + size - 1))
                next_id += size
            elif kind == "update":
                start = rng.randint(oldest, next_id - size)
                cursor.execute(_UPDATE, (start, start + size - 1))
            else:
                cursor.execute(_DELETE, (oldest, oldest + size - 1))
                oldest += size
            connection.commit()
            changes -= size
    connection.close()
