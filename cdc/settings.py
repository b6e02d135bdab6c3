"""Settings of capture: where each service's database and ClickHouse are, and how batches are cut."""

from pydantic import DirectoryPath, Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from cdc.dead_letters.limits import IN_A_ROW
from cdc.pace import Pace
from cdc.source.slot import BatchLimits
from services.kit.settings import DatabaseAddress, Settings, SettingsError


class CdcSettings(Settings):
    """What every command of `python -m cdc` needs."""

    model_config = SettingsConfigDict(env_prefix="CDC_")

    clickhouse_url: HttpUrl = Field(description="ClickHouse's HTTP interface, with user and password")
    heartbeat_seconds: float = Field(default=5.0, gt=0, description="how often an idle database is written to")
    flush_seconds: float = Field(default=0.02, ge=0, description="how far apart a service's batches are at least")
    retention_seconds: float = Field(
        default=3600.0, gt=0, description="how often history that is kept for a time only is thinned"
    )
    longest_wait_seconds: float = Field(
        default=30.0, gt=0, description="how long to wait at most before a pipeline that failed begins again"
    )
    shape_seconds: float = Field(
        default=10.0, gt=0, description="how often the columns in PostgreSQL are compared with those captured"
    )
    wal_directory: DirectoryPath | None = Field(
        default=None, description="a directory on the disk of PostgreSQL's WAL, if it can be seen from here"
    )
    services_at_once: int = Field(default=2, gt=0, description="how many services' batches ClickHouse is sent at once")
    batch_rows: int = Field(default=40_000, gt=0, description="rows after which a batch is sent at once")
    batch_bytes: int = Field(default=32 << 20, gt=0, description="bytes after which a batch is sent at once")
    dead_letters_in_a_row: int = Field(
        default=IN_A_ROW, gt=0, description="refused changes of a table, none stored between, that stop a service"
    )

    @property
    def pace(self) -> Pace:
        """What each pipeline goes by."""
        return Pace(
            batches=BatchLimits(self.flush_seconds, self.batch_rows, self.batch_bytes),
            heartbeat_seconds=self.heartbeat_seconds,
            longest_wait_seconds=self.longest_wait_seconds,
            shape_seconds=self.shape_seconds,
            refused_in_a_row=self.dead_letters_in_a_row,
        )


def address_variable(service: str) -> str:
    """The variable that has the URL of a service's or an adopted database."""
    return f"{_prefix(service)}DATABASE_URL"


def has_address(service: str) -> bool:
    """Whether a database's address is set."""
    try:
        return bool(database_url(service))
    except SettingsError:
        return False


def database_url(service: str) -> str:
    """The libpq URL of a service's database for the role `<service>_cdc`, from `CDC_<SERVICE>_DATABASE_URL`."""
    return str(DatabaseAddress.load(_prefix(service)).database_url)


def _prefix(service: str) -> str:
    return f"CDC_{service.upper()}_"
