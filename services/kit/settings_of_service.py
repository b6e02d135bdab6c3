"""What every service may be told by its environment, beside what is its own."""

from pydantic import Field, PositiveInt

from services.kit.postgres.settings import DatabaseSettings


class ServiceSettings(DatabaseSettings):
    """Where a service listens, what it logs and how much it takes; a subclass sets `env_prefix` and `port`."""

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    log_level: str = Field(default="INFO", pattern="^(?i:debug|info|warning|error|critical)$")
    max_request_bytes: PositiveInt = 1024 * 1024
