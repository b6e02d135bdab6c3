"""Alembic's environment, one for all services: the section of alembic.ini that is in use names the service."""
# pylint: disable=no-member  # Alembic fills its context at run time

from alembic import context
from alembic.operations import MigrationScript
from alembic.operations.ops import CreateTableOp
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from migrations.comparison import compared
from migrations.settings import database_url
from migrations.sync_engine import sync_engine
from services.kit.postgres.metadata import metadata_of
from services.registry import Service, service_named

# Two replicas may start migrating one database at the same time; any constant will do that nobody else locks.
_LOCK = 0x48756C65


def _service() -> Service:
    return service_named(context.config.config_ini_section)


def _leave_out_info(_context: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
    """What is captured of a table is the catalog's to apply: a revision would only repeat it."""
    for operation in scripts[0].upgrade_ops.ops if scripts[0].upgrade_ops else ():
        if isinstance(operation, CreateTableOp):
            operation.info.clear()


def _configure(connection: Connection | None = None, url: str | None = None) -> None:
    context.configure(
        connection=connection,
        url=url,
        target_metadata=metadata_of(_service().models),
        literal_binds=connection is None,
        process_revision_directives=_leave_out_info,
        **({} if connection is None else compared(connection)),
    )


def _run_on(connection: Connection) -> None:
    _configure(connection)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()


def _run() -> None:
    connection: Connection | None = context.config.attributes.get("connection")
    if context.is_offline_mode():
        _configure(url="postgresql+psycopg2://")
        with context.begin_transaction():
            context.run_migrations()
    elif connection is not None:
        _run_on(connection)
    else:
        # Begun here: what Alembic finds begun it neither commits nor rolls back, and the comparison looks first.
        with sync_engine(database_url(_service())) as engine, engine.begin() as opened:
            _run_on(opened)


_run()
