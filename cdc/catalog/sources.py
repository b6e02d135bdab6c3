"""The two sources of a service's changes, and the replication slot that each reads."""

from enum import StrEnum

from cdc.catalog.postgres_ddl import debezium_slot_name, slot_name


class Source(StrEnum):
    """Where changes are read: straight from a replication slot, or from the topics that Debezium fills."""

    SLOT = "slot"
    KAFKA = "kafka"

    @property
    def other(self) -> "Source":
        """The one that this is not."""
        return Source.KAFKA if self is Source.SLOT else Source.SLOT


def slot_of(source: Source, service: str) -> str:
    """The replication slot that a service's changes come from."""
    return debezium_slot_name(service) if source is Source.KAFKA else slot_name(service)
