"""Where the databases to migrate are, and as whom: the owners of the schemas, not the services themselves."""

from pydantic_settings import SettingsConfigDict

from services.kit.settings import Settings
from services.registry import Service


class MissingSettingError(RuntimeError):
    """A variable that this command needs is not set; the message names it."""


class MigrationsSettings(Settings):
    """Variables `MIGRATIONS_…`; each may stay unset as long as nothing asks for it."""

    model_config = SettingsConfigDict(env_prefix="MIGRATIONS_")

    file_database_url: str | None = None
    clickhouse_url: str | None = None


def database_url(service: Service) -> str:
    """The address of the service's database for its migrator; MissingSettingError if it is not set."""
    return _required(f"{service.name}_database_url", "postgresql+asyncpg://user:password@host:port/database")


def clickhouse_url() -> str:
    """The address of ClickHouse's HTTP interface; MissingSettingError if it is not set."""
    return _required("clickhouse_url", "http://user:password@host:port")


def _required(field: str, example: str) -> str:
    value: str | None = getattr(MigrationsSettings(), field)
    if not value:
        raise MissingSettingError(f"set MIGRATIONS_{field.upper()}, e.g. {example}, or start the local stack")
    return value
