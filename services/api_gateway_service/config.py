"""What the gateway may be told by its environment; the README explains each variable."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, HttpUrl, PositiveFloat, PositiveInt, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.api_gateway_service.token_settings import PREFIX, VerificationSettings
from services.kit.settings_of_service import ServiceSettings

VALKEY_SCHEMES = ("valkey://", "valkeys://", "unix://")


def _origin(url: HttpUrl) -> HttpUrl:
    if (url.path or "/") != "/" or url.query or url.fragment or url.username:
        raise ValueError("must be scheme, host and port alone, such as http://127.0.0.1:7001")
    return url


Origin = Annotated[HttpUrl, AfterValidator(_origin)]


class ApiGatewaySettings(ServiceSettings, VerificationSettings):
    """Variables `API_GATEWAY_…`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    port: int = Field(default=4001, ge=0, le=65535)
    max_request_bytes: PositiveInt = 64 * 1024 * 1024
    content_service_url: Origin
    spell_checker_service_url: Origin
    file_service_url: Origin
    cj_assessment_service_url: Origin
    upstream_connect_timeout: PositiveFloat = 2.0
    upstream_timeout: PositiveFloat = 30.0
    upstream_connections: PositiveInt = 100
    transfer_timeout: PositiveFloat = 300.0
    valkey_url: SecretStr
    valkey_timeout: PositiveFloat = 0.25
    valkey_retry_interval: PositiveFloat = 5.0
    policy_cache_seconds: PositiveFloat = 5.0
    session_touch_interval: timedelta = Field(default=timedelta(minutes=1), ge=timedelta(0))
    # A session must outlast its token, leeway included: the next request of a revoked token would open a new one.
    session_cleanup_grace: timedelta = Field(default=timedelta(hours=1), ge=timedelta(minutes=10))
    session_cleanup_interval: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    request_log_enabled: bool = True
    request_log_batch_size: PositiveInt = 1000
    request_log_queue_limit: PositiveInt = 50_000
    request_log_flush_interval: PositiveFloat = 0.5
    request_log_shutdown_timeout: PositiveFloat = 10.0
    request_log_days_ahead: int = Field(default=3, ge=0, le=365)
    request_log_retention: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=1), le=timedelta(days=36500))
    request_log_partition_interval: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))

    @field_validator("valkey_url")
    @classmethod
    def _valkey_url(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(VALKEY_SCHEMES):
            raise ValueError("must look like valkey://:password@host:port/0")
        return value
