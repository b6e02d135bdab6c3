"""README's table of environment variables names those that are read, each with who reads it."""

import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import analytics
import cdc
import migrations
from deploy.local.ports_chosen import CLICKHOUSE, CONNECT, KAFKA, KAFKA_CONTROLLER, POSTGRES, VALKEY
from services.kit.settings import ENV_FILE_VARIABLE, STATE_VARIABLE, DatabaseAddress, Settings
from services.registry import SERVICES

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## Environment variables\n(.*?)^## ", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (`[^|]+) \| ([^|]+) \|", re.MULTILINE)
NAME = re.compile(r"`([^`=]+)(?:=[^`]*)?`")
READ_BY_TESTS = re.compile(r"\"(HULEEDU_(?:TEST|PGBENCH|WRITE)_[A-Z_]+)\"")
# Alembic's environment runs when it is imported, and a command line when it is the main module.
NOT_IMPORTED = ("__main__", "env")


def listed(page: str) -> dict[str, set[str]]:
    """The variables of the table, by who reads them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    [section] = SECTION.findall(page)
    for names, reader in ROW.findall(section):
        found[reader] |= set(NAME.findall(names))
    return dict(found)


def of_settings(*packages: str) -> set[str]:
    """The variables of every settings class of some packages."""
    for name in packages:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith(NOT_IMPORTED):
                importlib.import_module(module.name)
    classes = {each for each in _below(Settings) if each.__module__.split(".")[0] in packages}
    assert classes
    return {name for each in classes for name in _variables(each, each.model_config["env_prefix"])}


def _variables(settings: type[Settings], prefix: str) -> set[str]:
    return {f"{prefix}{name.upper()}" for name in settings.model_fields}


def _below(settings: type[Settings]) -> Iterator[type[Settings]]:
    for each in settings.__subclasses__():
        yield each
        yield from _below(each)


def addresses(prefix: str, *of_whom: str) -> set[str]:
    return {name for each in of_whom for name in _variables(DatabaseAddress, f"{prefix}<{each}>_")}


def read_by_tests() -> set[str]:
    modules = (module for place in ("tests", "services") for module in (ROOT / place).rglob("*.py"))
    return {name for module in modules for name in READ_BY_TESTS.findall(module.read_text(encoding="utf-8"))}


def test_the_table_names_every_variable_that_is_read_and_no_other() -> None:
    ports = {each.variable for each in (POSTGRES, CLICKHOUSE, VALKEY, KAFKA, KAFKA_CONTROLLER, CONNECT)}
    assert listed((ROOT / "README.md").read_text(encoding="utf-8")) == {
        "all": {ENV_FILE_VARIABLE},
        "the service": {f"{service.env_prefix}…" for service in SERVICES},
        "migrations": of_settings(migrations.__name__) | addresses("MIGRATIONS_", "SERVICE"),
        "cdc": of_settings(cdc.__name__) | addresses("CDC_", "SERVICE", "NAME"),
        "Kafka Connect": {f"CDC_<{name}>_DATABASE_PASSWORD" for name in ("SERVICE", "NAME")},
        "analytics": of_settings(analytics.__name__),
        "deploy.local": {STATE_VARIABLE, "<PREFIX>PORT", *ports},
        "tests": read_by_tests(),
    }


def test_rows_are_read_by_reader_and_without_values() -> None:
    page = (
        "| `NOT_THIS` | cdc | of another table |\n"
        "## Environment variables\n| variable | read by | meaning |\n|---|---|---|\n"
        "| `CDC_ONE`, `CDC_TWO=2` | cdc | two of them |\n| `TESTS_ONE` | tests | `not this` |\n## Next\n"
    )
    assert listed(page) == {"cdc": {"CDC_ONE", "CDC_TWO"}, "tests": {"TESTS_ONE"}}
