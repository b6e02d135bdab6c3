"""What the spell checker may be told by its environment; the README explains each variable."""

import math
from datetime import timedelta

from pydantic import Field, FilePath, HttpUrl, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.kit.topics.settings import TopicSettings


class SpellCheckerServiceSettings(TopicSettings):
    """Variables `SPELL_CHECKER_SERVICE_…`."""

    model_config = SettingsConfigDict(env_prefix="SPELL_CHECKER_SERVICE_")

    port: int = Field(default=8002, ge=0, le=65535)
    # Texts that are being checked hold half of the connections at most, and leave one at least to all else.
    database_pool_size: int = Field(default=10, ge=2)
    content_service_url: HttpUrl
    content_service_timeout: PositiveFloat = 5.0
    # Positions in a text are PostgreSQL integers.
    max_text_bytes: int = Field(default=1024 * 1024, gt=0, lt=2**31)
    whitelist_file: FilePath | None = None
    checking_workers: PositiveInt = 2
    checking_timeout: PositiveFloat = 60.0
    checking_memory_bytes: PositiveInt = 1024 * 1024 * 1024
    # A request takes moments from its job's row to its work; what is pending for longer was left behind.
    pending_grace: timedelta = Field(default=timedelta(minutes=2), gt=timedelta(0))
    pending_interval: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))

    @property
    def checks_at_once(self) -> int:
        """How many texts are checked at the same time, so that other requests find a connection."""
        return self.database_pool_size // 2

    @property
    def longest_work(self) -> float:
        """Seconds that one text may take: three requests to the content service, its turn at a worker, and the check.

        All others may be before it, and each of them take as long as it may.
        """
        turns = math.ceil(self.checks_at_once / self.checking_workers)
        return 3 * self.content_service_timeout + turns * self.checking_timeout
