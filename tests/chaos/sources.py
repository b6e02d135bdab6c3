"""The sources that there are, by name."""

from cdc.catalog.sources import Source as Name
from tests.chaos.by_kafka import BY_KAFKA
from tests.chaos.by_slot import BY_SLOT
from tests.chaos.source import Source

SOURCES: dict[Name, Source] = {Name.SLOT: BY_SLOT, Name.KAFKA: BY_KAFKA}
