"""Settings of the commands for connectors: where Kafka Connect is, and how topics are made."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from cdc.connect.configuration import Kafka
from services.kit.settings import Settings


class TopicSettings(Settings):
    """How topics are made, by whoever meets one first that is not there."""

    model_config = SettingsConfigDict(env_prefix="CDC_")

    topic_partitions: int = Field(default=4, gt=0, description="partitions of a table's topic: so many sinks at most")
    topic_replicas: int = Field(default=1, gt=0, description="copies of each topic; brokers, at most")


class ConnectSettings(TopicSettings):
    """What `python -m cdc connect` needs beside what every command does."""

    connect_url: HttpUrl = Field(description="Kafka Connect's REST interface: any worker of the cluster")
    exactly_once: bool = Field(default=True, description="whether a worker that dies is to repeat nothing")

    @property
    def kafka(self) -> Kafka:
        """How topics are made, as a connector is told."""
        return Kafka(self.topic_partitions, self.topic_replicas, self.exactly_once)
