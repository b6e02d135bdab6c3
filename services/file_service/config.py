"""What the file service may be told by its environment; the README explains each variable."""

from datetime import timedelta

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.kit.settings_of_service import ServiceSettings


class FileServiceSettings(ServiceSettings):
    """Variables `FILE_SERVICE_…`."""

    model_config = SettingsConfigDict(env_prefix="FILE_SERVICE_")

    port: int = Field(default=7001, ge=0, le=65535)
    object_store_url: str
    object_store_timeout: PositiveFloat = 10.0
    max_upload_bytes: PositiveInt = 10 * 1024 * 1024
    max_request_bytes: PositiveInt = 64 * 1024 * 1024
    max_files_per_upload: PositiveInt = 100
    extraction_workers: PositiveInt = 2
    extraction_timeout: PositiveFloat = 20.0
    extraction_memory_bytes: PositiveInt = 1024 * 1024 * 1024
    purge_after: timedelta = Field(default=timedelta(days=30), ge=timedelta(0))
    purge_interval: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
    # An upload takes at most minutes from its bytes to its row; what is younger than that must never be swept.
    sweep_grace: timedelta = Field(default=timedelta(hours=1), ge=timedelta(minutes=10))
    sweep_interval: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
