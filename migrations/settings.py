"""Where the databases to migrate are, and as whom: the owners of the schemas, not the services themselves."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from services.kit.settings import DatabaseAddress, Settings
from services.registry import Service


class MigrationsSettings(Settings):
    """ClickHouse as the owner of its schema sees it."""

    model_config = SettingsConfigDict(env_prefix="MIGRATIONS_")

    clickhouse_url: HttpUrl = Field(description="ClickHouse's HTTP interface, with user and password")
    clickhouse_durable: bool = Field(default=True, description="whether an insert is on disk before it is confirmed")


def database_url(service: Service) -> str:
    """The address of a service's database for its migrator, from `MIGRATIONS_<SERVICE>_DATABASE_URL`."""
    return str(DatabaseAddress.load(f"MIGRATIONS_{service.name.upper()}_").database_url)
