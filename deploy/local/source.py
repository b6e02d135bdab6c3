"""How a stack's changes reach ClickHouse: straight from the slots, or through Debezium and Kafka's topics."""

from collections.abc import Mapping
from enum import StrEnum

from services.kit.settings import SettingsError

VARIABLE = "CDC_SOURCE"


class Source(StrEnum):
    """`slot`: capture reads PostgreSQL's slots itself. `kafka`: Kafka Connect does, and capture reads topics."""

    SLOT = "slot"
    KAFKA = "kafka"


def remembered_source(values: Mapping[str, str]) -> Source:
    """The source that a stack.env names, the slots where it names none; SettingsError if there is no such source."""
    text = values.get(VARIABLE, Source.SLOT)
    try:
        return Source(text)
    except ValueError as error:
        raise SettingsError(f"{VARIABLE}={text!r} is none of: {', '.join(Source)}") from error
