"""A message as a topic delivers it, before anybody has looked into it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

CORRELATION_HEADER = "correlation_id"

Headers = tuple[tuple[str, bytes], ...]


class Record(Protocol):
    """What a client of Kafka says of a message."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes]]


@dataclass(frozen=True)
class Delivery:
    """One message, and its place in its topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @classmethod
    def of(cls, record: Record) -> "Delivery":
        """The message of a client's record."""
        headers = tuple(record.headers)
        return cls(record.topic, record.partition, record.offset, record.key, record.value, headers)

    @property
    def correlation_id(self) -> UUID | None:
        """The id in its header, None without one or if it is no UUID: a message is not refused for its headers."""
        for name, value in self.headers:
            if name == CORRELATION_HEADER:
                return _uuid(value)
        return None


def _uuid(text: bytes) -> UUID | None:
    try:
        return UUID(text.decode())
    except ValueError:
        return None
