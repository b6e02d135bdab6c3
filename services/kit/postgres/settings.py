"""What a service may be told about its database; a service's settings derive from it and add an `env_prefix`."""

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from services.kit.settings import Settings

DRIVER = "postgresql+asyncpg"


class DatabaseSettings(Settings):
    """Address, pool and time limits; all times in seconds."""

    database_url: SecretStr
    database_pool_size: PositiveInt = 10
    database_pool_timeout: PositiveFloat = Field(default=5.0, description="how long to wait for a free connection")
    database_connect_timeout: PositiveFloat = 5.0
    database_statement_timeout: PositiveFloat = 10.0
    database_lock_timeout: PositiveFloat = 5.0

    @field_validator("database_url")
    @classmethod
    def _asyncpg_url(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError:
            url = None
        if url is None or url.drivername != DRIVER or not url.database:
            raise ValueError(f"must look like {DRIVER}://user:password@host:port/database")
        return value
