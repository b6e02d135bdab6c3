"""TRUNCATE of a partition alone: PostgreSQL sends none to who reads the root's changes, so a trigger tells it.

The trigger writes a message into the log, in the truncating transaction, with the name of the partition's root. It
fires as well where the root itself is truncated: PostgreSQL sends that, right before the messages of its partitions.
"""

from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import roots

TRUNCATE_PREFIX = "huleedu.truncate"
_NAME = "huleedu_tell_truncate"
_FUNCTION = f"public.{_NAME}()"
FUNCTION_BODY = f"""
DECLARE
    root text;
BEGIN
    SELECT nspname || '.' || relname INTO root FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = pg_partition_root(TG_RELID);
    IF root IS NOT NULL THEN
        PERFORM pg_logical_emit_message(true, '{TRUNCATE_PREFIX}', root);
    END IF;
    RETURN NULL;
END
"""


def create_function() -> str:
    """The statement that makes the trigger's function."""
    head = f"CREATE OR REPLACE FUNCTION {_FUNCTION} RETURNS trigger LANGUAGE plpgsql"
    return f"{head} SET search_path = pg_catalog, pg_temp AS $${FUNCTION_BODY}$$"


def drop_function() -> str:
    """The statement that takes the function away, and every trigger with it."""
    return f"DROP FUNCTION IF EXISTS {_FUNCTION} CASCADE"


def create_trigger(partition: str) -> str:
    """The statement that has the TRUNCATE of a partition told; `partition` is a quoted name."""
    head = f"CREATE OR REPLACE TRIGGER {_NAME} AFTER TRUNCATE ON {partition}"
    return f"{head} FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}"


def body_of_function(catalog: ServiceCatalog) -> str:
    """The query for the function's body, NULL if it is not there; no row where no captured table has partitions."""
    return (
        f"SELECT (SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure('{_FUNCTION}'))"
        f" WHERE EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = ANY({roots(catalog)}))"
    )


def without_trigger(catalog: ServiceCatalog) -> str:
    """The query for schema and name of each partition of a captured table whose TRUNCATE would not be told."""
    return (
        "SELECT DISTINCT nspname::text, relname::text"
        f" FROM unnest({roots(catalog)}) AS root, LATERAL pg_partition_tree(root) AS part"
        " JOIN pg_class c ON c.oid = part.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE isleaf AND relispartition AND relkind = 'r' AND NOT EXISTS ("
        f"SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = '{_NAME}' AND tgenabled IN ('O', 'A'))"
        " ORDER BY 1, 2"
    )
