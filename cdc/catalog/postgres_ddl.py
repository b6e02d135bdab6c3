"""What a captured database must have for its changes to leave it: publication, replica identities, grants."""

from cdc.catalog.model import CapturedTable, ServiceCatalog, literal, quoted

PUBLICATION = "huleedu_cdc"
_PUBLISHED = "publish = 'insert, update, delete, truncate', publish_via_partition_root = true"
# True of a publication that leaves out no kind of change, and of a published table that leaves out no row or column.
WHOLE_PUBLICATION = "pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot"
WHOLE_TABLE = "prqual IS NULL AND prattrs IS NULL"

# Every connection that reads values pins the settings that shape their text, so that a stream, a snapshot and a
# comparison write the same value in the same way.
PINNED_SESSION: dict[str, str] = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "lc_monetary": "C",
    # A policy that hides rows from us must be an error, or what it hides would be taken for deleted.
    "row_security": "off",
}


def slot_name(service: str) -> str:
    """The replication slot that the slot reader of a service uses."""
    return f"huleedu_{service}_slot"


def debezium_slot_name(service: str) -> str:
    """The replication slot that Debezium reads a service's changes from."""
    return f"huleedu_{service}_debezium"


def replica_identity(relation: str) -> str:
    """The statement after which an update or deletion carries the whole old row; `relation` is a quoted name.

    A partitioned table needs it, and so does each of its partitions, which do not take it over from their root.
    """
    return f"ALTER TABLE {relation} REPLICA IDENTITY FULL"


def without_whole_old_rows(catalog: ServiceCatalog) -> str:
    """The query for schema and name of each captured table, and partition of one, that lacks its replica identity."""
    return (
        "SELECT DISTINCT nspname::text, relname::text"
        f" FROM unnest({roots(catalog)}) AS root,"
        " LATERAL (SELECT root AS relid UNION SELECT relid FROM pg_partition_tree(root)) AS part"
        " JOIN pg_class c ON c.oid = part.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE relreplident != 'f' ORDER BY 1, 2"
    )


def roots(catalog: ServiceCatalog) -> str:
    """The captured tables that are there, as an array of regclass."""
    names = ", ".join(f"to_regclass({literal(table.in_postgres)})" for table in catalog.tables)
    return f"ARRAY[{names}]::regclass[]"


def create_publication() -> str:
    """The statement that makes an empty publication; partitioned tables publish through their root."""
    return f"CREATE PUBLICATION {PUBLICATION} WITH ({_PUBLISHED})"


def publish_everything() -> str:
    """The statement that makes the publication leave out no kind of change."""
    return f"ALTER PUBLICATION {PUBLICATION} SET ({_PUBLISHED})"


def publish_generated() -> str:
    """The statement that has stored generated columns sent (PostgreSQL 18 and later).

    Beside REPLICA IDENTITY FULL, generated columns that are not sent make the tables' own updates fail.
    """
    return f"ALTER PUBLICATION {PUBLICATION} SET (publish_generated_columns = stored)"


def publish(catalog: ServiceCatalog) -> str:
    """The statement that makes the publication hold exactly the captured tables, without column lists.

    A column list beside REPLICA IDENTITY FULL would make the service's own updates and deletions fail.
    """
    tables = ", ".join(table.in_postgres for table in catalog.tables)
    return f"ALTER PUBLICATION {PUBLICATION} SET TABLE {tables}"


def grants(table: CapturedTable, role: str) -> tuple[str, ...]:
    """The statements that leave `role` exactly the captured columns to read."""
    columns = ", ".join(quoted(column.name) for column in table.columns)
    return (
        f"REVOKE ALL ON {table.in_postgres} FROM {quoted(role)}",
        f"GRANT SELECT ({columns}) ON {table.in_postgres} TO {quoted(role)}",
    )
