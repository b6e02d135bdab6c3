"""What the content service may be told by its environment; the README explains each variable."""

from datetime import timedelta

from pydantic import Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.kit.settings_of_service import ServiceSettings


class ContentServiceSettings(ServiceSettings):
    """Variables `CONTENT_SERVICE_…`."""

    model_config = SettingsConfigDict(env_prefix="CONTENT_SERVICE_")

    port: int = Field(default=8001, ge=0, le=65535)
    # A request holds one content at most, and nothing around it.
    max_request_bytes: PositiveInt = 10 * 1024 * 1024
    purge_after: timedelta = Field(default=timedelta(days=30), ge=timedelta(0))
    purge_interval: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
