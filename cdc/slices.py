"""Slices: values that a query binds, as many at a time as fit one parameter of a ClickHouse server."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

V = TypeVar("V")
# A server takes 128 KiB in one parameter, unless it is told otherwise (http_max_field_value_size). With its escapes a
# text is bound in up to four times the bytes that it is measured by here.
MOST_BYTES = 32 << 10
_SEPARATOR_BYTES = 2


def slices(values: Iterable[V]) -> Iterator[list[V]]:
    """The values in order, in lists that can each be bound as one parameter; a value too large is one by itself."""
    some, size = list[V](), 0
    for value in values:
        added = len(str(value).encode()) + _SEPARATOR_BYTES
        if some and size + added > MOST_BYTES:
            yield some
            some, size = [], 0
        some.append(value)
        size += added
    if some:
        yield some
