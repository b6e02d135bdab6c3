"""What a service's README says is what the service is."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from quart import Quart

from services.kit.captured import captured_tables
from services.kit.erd import diagram
from services.kit.service import ServiceDefinition
from services.kit.settings_of_service import ServiceSettings
from services.registry import Service

ROOT = Path(__file__).parents[2]
METHODS = "(?:GET|POST|PUT|DELETE|PATCH)"

RowsOf = Callable[[str], dict[str, str]]


@pytest.fixture(name="readme")
def _readme(each_service: Service) -> str:
    return (ROOT / each_service.package.replace(".", "/") / "README.md").read_text(encoding="utf-8")


@pytest.fixture(name="rows_beginning_with")
def _rows_beginning_with(readme: str) -> RowsOf:
    return lambda pattern: _rows(readme, pattern)


def _rows(page: str, pattern: str) -> dict[str, str]:
    """The tables' rows whose first cell matches, with their second cell."""
    found = re.findall(rf"^\| `({pattern})` \| ([^|]*) \|", page, re.MULTILINE)
    return {first: second.strip() for first, second in found}


def _written(default: object) -> str:
    if isinstance(default, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(default, mode='json')}`"
    return "unset" if default is None else f"`{default}`"


def _listed(settings: type[ServiceSettings], prefix: str) -> dict[str, str]:
    """How its variables stand in a table."""
    return {
        f"{prefix}{name.upper()}": "required" if field.is_required() else _written(field.default)
        for name, field in settings.model_fields.items()
    }


def _shared(prefix: str) -> dict[str, str]:
    """The variables that have a default for all services."""
    return {name: default for name, default in _listed(ServiceSettings, prefix).items() if default != "required"}


def test_every_variable_of_its_own_is_listed_with_its_default(
    definition: ServiceDefinition, rows_beginning_with: RowsOf
) -> None:
    prefix = definition.settings.model_config["env_prefix"]
    own = dict(_listed(definition.settings, prefix).items() - _shared(prefix).items())
    assert rows_beginning_with(f"{prefix}[A-Z0-9_]+") == own


def test_the_variables_that_all_services_share_are_listed_once_with_their_defaults() -> None:
    page = (ROOT / "services" / "README.md").read_text(encoding="utf-8")
    assert _rows(page, "<PREFIX>[A-Z0-9_]+") == _shared("<PREFIX>")


def _as_openapi(rule: str) -> str:
    return re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", rule)


def test_every_route_is_listed(definition: ServiceDefinition, rows_beginning_with: RowsOf) -> None:
    app = Quart("routes", static_folder=None)
    for blueprint in definition.blueprints:
        app.register_blueprint(blueprint)
    routes = {
        f"{method} {_as_openapi(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(rows_beginning_with(f"{METHODS} [^`]+")) == routes


def test_the_diagram_is_the_models(definition: ServiceDefinition, readme: str) -> None:
    assert f"```mermaid\n{diagram(definition.metadata)}```" in readme


def test_what_is_captured_is_what_the_models_declare(definition: ServiceDefinition, readme: str) -> None:
    assert captured_tables(definition.metadata) in readme
