"""A revision that a service does not have yet, put where Alembic finds it as the newest."""

from pathlib import Path

import pytest

from migrations import postgres
from services.registry import Service

_INI = Path(postgres.__file__).with_name("alembic.ini")
_TEXT = '''
"""A revision of a test."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{before}"


def downgrade() -> None:
    """Back to no tables at all is the only way back that is gone."""


def upgrade() -> None:
'''


def put_revision(
    service: Service, name: str, statements: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the migrations find, beside those that are there, one whose `upgrade` has these lines of Python."""
    [before] = postgres.heads(service)
    body = "".join(f"    {line}\n" for line in statements.splitlines())
    (directory / f"{name}.py").write_text(_TEXT.format(name=name, before=before) + body, encoding="utf-8")
    versions = f"%(here)s/../{service.package.replace('.', '/')}/alembic/versions"
    ini = _INI.read_text(encoding="utf-8")
    assert versions in ini
    ini = ini.replace(versions, f"{versions}\n    {directory}").replace("%(here)s", str(_INI.parent))
    (directory / "alembic.ini").write_text(ini, encoding="utf-8")
    monkeypatch.setattr(postgres, "_INI", directory / "alembic.ini")
