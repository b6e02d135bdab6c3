"""A diagram shows every table, column and foreign key of the models."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

from services.file_service.models_db import Base
from services.kit.erd import diagram

ROOT = Path(__file__).resolve().parents[3]


def test_every_table_and_column_of_a_service_is_drawn() -> None:
    drawn = diagram(Base.metadata)
    for table in Base.metadata.sorted_tables:
        assert f"    {table.name} {{" in drawn
        assert all(f" {column.name}" in drawn for column in table.columns)
    assert 'status "pending, in_progress, completed, failed"' in drawn
    assert "uuid file_id PK, FK" in drawn


def test_lines_between_tables_say_how_many_of_each() -> None:
    metadata = MetaData()
    Table("parent", metadata, Column("id", Integer, primary_key=True))
    Table("many", metadata, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("parent.id")))
    Table("one", metadata, Column("parent_id", ForeignKey("parent.id"), primary_key=True))
    Table(
        "own",
        metadata,
        Column("k", Text, primary_key=True),
        Column("p", ForeignKey("parent.id"), nullable=False, unique=True),
    )
    lines = diagram(metadata).splitlines()
    assert '    parent |o--o{ many : "parent_id"' in lines
    assert '    parent ||--o| one : "parent_id"' in lines
    assert '    parent ||--o| own : "p"' in lines


def test_the_command_prints_the_diagram_and_explains_itself() -> None:
    command = [sys.executable, "-m", "services.kit.erd"]
    models = [*command, "services.file_service.models_db"]
    printed = subprocess.run(models, cwd=ROOT, check=True, capture_output=True, text=True)
    assert printed.stdout == diagram(Base.metadata)
    wrong = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (wrong.returncode, "name one module" in wrong.stderr) == (1, True)
