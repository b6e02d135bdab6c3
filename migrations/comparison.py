"""How a database differs from the models: what is compared, and each difference in a line."""

from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import MigrateOperation, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from migrations.check_constraints import changed_check_constraints

_PARTITIONS = text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")


def compared(connection: Connection) -> dict[str, Any]:
    """Alembic's options: the same where a revision is written and where a database is checked.

    Partitions come and go while a service runs: what the models declare is the table that they are parts of.
    """
    partitions = frozenset(connection.execute(_PARTITIONS).scalars())

    def is_declared(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name not in partitions

    return {
        "compare_type": True,
        "compare_server_default": True,
        "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        "include_name": is_declared,
    }


def differences(connection: Connection, metadata: MetaData) -> list[str]:
    """What differs, one line each; empty if nothing does."""
    context = MigrationContext.configure(connection, opts=compared(connection))
    missing = produce_migrations(context, metadata).upgrade_ops
    steps = [] if missing is None else [_step(operation) for operation in missing.ops]
    return [*steps, *changed_check_constraints(connection, metadata)]


def _step(operation: MigrateOperation) -> str:
    """The operation that would bring the database to the models, as a revision would write it, on one line."""
    code = render_python_code(UpgradeOps([operation]))
    return " ".join(line.strip() for line in code.splitlines() if not line.strip().startswith("#"))
