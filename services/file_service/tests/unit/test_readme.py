"""What the README says of the service is what the service is."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from quart import Quart

from services.file_service.api import BLUEPRINTS
from services.file_service.config import FileServiceSettings
from services.file_service.models_db import Base
from services.file_service.text_extraction.rejection import ValidationCode
from services.kit.capture import INFO_KEY
from services.kit.erd import diagram

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def rows_beginning_with(pattern: str) -> dict[str, str]:
    """The tables' rows whose first cell matches, with their second cell."""
    found = re.findall(rf"^\| `({pattern})` \| ([^|]*) \|", README, re.MULTILINE)
    return {first: second.strip() for first, second in found}


def written(default: object) -> str:
    if isinstance(default, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(default, mode='json')}`"
    return f"`{default}`"


def test_every_variable_is_listed_with_its_default() -> None:
    variables = {
        f"FILE_SERVICE_{name.upper()}": "required" if field.is_required() else written(field.default)
        for name, field in FileServiceSettings.model_fields.items()
    }
    assert rows_beginning_with("FILE_SERVICE_[A-Z_]+") == variables


@pytest.mark.parametrize("value", ["PT1H", "PT60M", "PT3600S"])
def test_times_may_be_written_as_the_readme_says(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILE_SERVICE_DATABASE_URL", "postgresql+asyncpg://file_app@localhost/huleedu_file")
    monkeypatch.setenv("FILE_SERVICE_OBJECT_STORE_URL", "file:///objects")
    monkeypatch.setenv("FILE_SERVICE_PURGE_AFTER", value)
    assert FileServiceSettings.load().purge_after == timedelta(hours=1)


def _as_openapi(rule: str) -> str:
    return re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", rule)


def test_every_route_is_listed() -> None:
    app = Quart("routes", static_folder=None)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    routes = {
        f"{method} {_as_openapi(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(rows_beginning_with("(?:GET|POST|DELETE|PATCH) [^`]+")) == routes


def test_every_validation_code_is_explained() -> None:
    assert set(rows_beginning_with("[A-Z]+(?:_[A-Z]+)?")) == {code.value for code in ValidationCode}


def test_the_diagram_is_the_models() -> None:
    assert f"```mermaid\n{diagram(Base.metadata)}```" in README


def test_what_is_captured_is_said() -> None:
    """Both tables, whole: an exclusion added to a model has to be added to the README, and to this test."""
    captured = {name: table.info[INFO_KEY] for name, table in Base.metadata.tables.items()}
    assert {name: (capture.subject, capture.exclude) for name, capture in captured.items()} == {
        "files": ("user_id", frozenset()),
        "file_versions": ("uploaded_by", frozenset()),
    }
