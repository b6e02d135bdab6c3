"""A revision that the file service does not have yet, where Alembic finds it, and the models that go with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cdc.catalog.declared import service_catalog
from cdc.catalog.model import Column, ServiceCatalog
from services.registry import service_named
from tests.support.made_up_revision import put_revision

NEXT = "0002_under_load"
# Files have a language, their status is called state, and nobody asks when they were updated.
_CHANGES = """
op.add_column("files", sa.Column("language", sa.String(8), server_default="sv", nullable=False))
op.alter_column("files", "status", new_column_name="state")
op.alter_column("files", "current_version", type_=sa.BigInteger())
op.drop_column("files", "updated_at")
"""
_RETYPED = {"status": Column("state", "label"), "current_version": Column("current_version", "bigint")}


def write_next_revision(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the migrations find the revision beside those that are there."""
    put_revision(service_named("file"), NEXT, _CHANGES.strip(), directory, monkeypatch)


def next_models() -> ServiceCatalog:
    """The catalog as the models of that revision declare it."""
    tables = {table.name: table for table in service_catalog("file").tables}
    columns = [_RETYPED.get(column.name, column) for column in tables["files"].columns if column.name != "updated_at"]
    tables["files"] = replace(tables["files"], columns=(*columns, Column("language", "character varying(8)")))
    return ServiceCatalog("file", tuple(tables.values()))
