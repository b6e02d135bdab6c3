"""Settings of capture: where each service's database and ClickHouse are, and how batches are cut."""

from pydantic import DirectoryPath, Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from cdc.catalog.sources import Source
from cdc.connect.settings import TopicSettings
from cdc.dead_letters.limits import IN_A_ROW
from cdc.pace import Pace
from cdc.source.slot import USUAL_LIMITS, BatchLimits
from services.kit.kafka.settings import KafkaAccessSettings, Servers
from services.kit.settings import DatabaseAddress, SettingsError


class CdcSettings(TopicSettings, KafkaAccessSettings):
    """What every command of `python -m cdc` needs."""

    model_config = SettingsConfigDict(env_prefix="CDC_")

    clickhouse_url: HttpUrl = Field(description="ClickHouse's HTTP interface, with user and password")
    heartbeat_seconds: float = Field(default=5.0, gt=0, description="how often an idle database is written to")
    flush_seconds: float = Field(
        default=USUAL_LIMITS.seconds, ge=0, description="how far apart a service's batches are at least"
    )
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
    metrics_host: str = Field(default="127.0.0.1", description="where `run` serves /metrics and /healthz")
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="the port of /metrics and /healthz; 0, as by default: they are not served",
    )
    sample_seconds: float = Field(
        default=10.0, gt=0, description="how often servers are asked for what metrics say of them"
    )
    progress_seconds: float = Field(
        default=60.0,
        gt=0,
        description="how long a stream may stand still, beside the wait for a heartbeat, to be healthy",
    )
    services_at_once: int = Field(default=2, gt=0, description="how many services' batches ClickHouse is sent at once")
    batch_rows: int = Field(default=USUAL_LIMITS.rows, gt=0, description="rows after which a batch is sent at once")
    batch_bytes: int = Field(default=USUAL_LIMITS.bytes, gt=0, description="bytes after which a batch is sent at once")
    source: Source = Field(default=Source.SLOT, description="where changes are read: slot, or kafka")
    connect_url: HttpUrl | None = Field(
        default=None, description="Kafka Connect, for connectors to follow where a new epoch begins"
    )
    kafka_bootstrap: Servers = Field(
        default="127.0.0.1:9092", description="where Kafka is found: host:port of brokers, comma between"
    )
    kafka_group: str = Field(default="huleedu-cdc", description="what the consumer groups of services begin with")
    kafka_stuck_seconds: float = Field(
        default=60.0,
        gt=0,
        description="how long nothing may come of a topic that has more",
    )
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
