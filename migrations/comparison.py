"""How a database differs from the models: what is compared, and each difference in a line."""

from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import MigrateOperation, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from migrations.check_constraints import changed_check_constraints

# Alembic's options: the same where a revision is written and where a database is checked.
COMPARED: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


def differences(connection: Connection, metadata: MetaData) -> list[str]:
    """What differs, one line each; empty if nothing does."""
    context = MigrationContext.configure(connection, opts=dict(COMPARED))
    missing = produce_migrations(context, metadata).upgrade_ops
    steps = [] if missing is None else [_step(operation) for operation in missing.ops]
    return [*steps, *changed_check_constraints(connection, metadata)]


def _step(operation: MigrateOperation) -> str:
    """The operation that would bring the database to the models, as a revision would write it, on one line."""
    code = render_python_code(UpgradeOps([operation]))
    return " ".join(line.strip() for line in code.splitlines() if not line.strip().startswith("#"))
