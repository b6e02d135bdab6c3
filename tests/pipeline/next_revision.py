"""A revision that the file service does not have yet, where Alembic finds it, and the models that go with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cdc.catalog.declared import service_catalog
from cdc.catalog.model import Column, ServiceCatalog
from migrations import postgres
from services.registry import service_named

NEXT = "0002_under_load"
_REVISION = f'''
"""Files have a language, their status is called state, and nobody asks when they were updated."""

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{{before}}"


def upgrade() -> None:
    op.add_column("files", sa.Column("language", sa.String(8), server_default="sv", nullable=False))
    op.alter_column("files", "status", new_column_name="state")
    op.alter_column("files", "current_version", type_=sa.BigInteger())
    op.drop_column("files", "updated_at")
'''
_RETYPED = {"status": Column("state", "label"), "current_version": Column("current_version", "bigint")}
_INI = Path(postgres.__file__).with_name("alembic.ini")
_VERSIONS = "%(here)s/../services/file_service/alembic/versions"


def write_next_revision(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the migrations find the revision beside those that are there."""
    [before] = postgres.heads(service_named("file"))
    (directory / f"{NEXT}.py").write_text(_REVISION.format(before=before), encoding="utf-8")
    ini = _INI.read_text(encoding="utf-8").replace(_VERSIONS, f"{_VERSIONS}\n    {directory}")
    ini = ini.replace("%(here)s", str(_INI.parent))
    (directory / "alembic.ini").write_text(ini, encoding="utf-8")
    monkeypatch.setattr(postgres, "_INI", directory / "alembic.ini")


def next_models() -> ServiceCatalog:
    """The catalog as the models of that revision declare it."""
    tables = {table.name: table for table in service_catalog("file").tables}
    columns = [_RETYPED.get(column.name, column) for column in tables["files"].columns if column.name != "updated_at"]
    tables["files"] = replace(tables["files"], columns=(*columns, Column("language", "character varying(8)")))
    return ServiceCatalog("file", tuple(tables.values()))
