"""Settings of analytics: where ClickHouse is."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from services.kit.settings import Settings


class AnalyticsSettings(Settings):
    """What every command of `python -m analytics` needs."""

    model_config = SettingsConfigDict(env_prefix="ANALYTICS_")

    clickhouse_url: HttpUrl = Field(description="ClickHouse's HTTP interface, with user and password")
