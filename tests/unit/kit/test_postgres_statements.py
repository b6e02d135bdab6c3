"""What a statement does is told from its text."""

import pytest

from services.kit.postgres.statements import described


@pytest.mark.parametrize(
    ("statement", "operation", "table", "writes"),
    [
        ("SELECT * FROM files WHERE file_id = $1", "select", "files", False),
        ("SELECT * FROM files FOR UPDATE SKIP LOCKED", "select", "files", False),
        ("select 1", "select", None, False),
        ("INSERT INTO file_versions (a) VALUES ($1)", "insert", "file_versions", True),
        ("INSERT INTO files VALUES (1) ON CONFLICT DO UPDATE SET a = 1", "insert", "files", True),
        ('UPDATE "public"."files" SET a = (SELECT 1 FROM other)', "update", "files", True),
        ("DELETE FROM ONLY files", "delete", "files", True),
        ("  -- INSERT INTO x\n/* DELETE */ SELECT 'UPDATE y' FROM files", "select", "files", False),
        ("WITH gone AS (DELETE FROM files RETURNING 1) SELECT * FROM gone", "delete", "files", True),
        ("WITH a AS (SELECT 1 FROM files FOR NO KEY UPDATE) SELECT * FROM a", "select", "files", False),
        ("WITH a AS (SELECT 1 FROM b FOR UPDATE) UPDATE files SET x = 1", "update", "files", True),
        ("MERGE INTO files USING x ON true WHEN MATCHED THEN DELETE", "merge", "files", True),
        ("TRUNCATE TABLE files", "truncate", "files", True),
        ("COPY files FROM STDIN", "copy", "files", True),
        ("BEGIN", "begin", None, False),
        ("", "", None, False),
    ],
)
def test_a_statement_is_described(statement: str, operation: str, table: str | None, *, writes: bool) -> None:
    what = described(statement)
    assert (what.operation, what.table, what.writes) == (operation, table, writes)
