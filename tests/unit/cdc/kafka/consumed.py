"""Records as they were consumed, made by hand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Consumed:
    """A record as it was consumed."""

    topic: str
    offset: int
    value: bytes | None
    partition: int = 0
    key: bytes | None = None
