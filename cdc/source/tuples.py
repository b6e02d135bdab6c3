"""pgoutput's tuples as RowBinary: a value's bytes are copied, never parsed or escaped.

A text value arrives as `t`, four bytes of length, the bytes. For lengths below 128 the last byte of that length
followed by the bytes is a RowBinary String, and the byte before it, a zero, says "not NULL": so the slice is used as
it stands.
"""

from collections.abc import Callable, Sequence
from struct import Struct

from cdc.rowbinary import NULL, SHORT, nullable_string

Values = tuple[bytes, ...]
# (message, position, values to use where a value was not sent) -> (a value per captured column, position behind)
ReadTuple = Callable[[bytes, int, "Values | None"], tuple[Values, int]]

_value_length = Struct(">xI").unpack_from


class MissingValueError(ValueError):
    """An unchanged value was not sent and no old row came with the change: the table's replica identity is not FULL."""


def tuple_reader(places: Sequence[int | None]) -> ReadTuple:
    """A function that reads one tuple of a relation into the order of the captured columns.

    `places` says, for each column as it is sent, its place among the captured ones, None for one that is left out. The
    function is unrolled column by column: it is the one loop that every change passes, and a third of a loop's cost.
    """
    lines = ["def read(message, position, old):"]
    for place in places:
        lines += _skip_column() if place is None else _keep_column(place)
    kept = sum(place is not None for place in places)
    lines.append(f"    return ({''.join(f'v{place},' for place in range(kept))}), position")
    scope = {"length_at": _value_length, "nullable_string": nullable_string, "NULL": NULL, "missing": _missing}
    # The text holds nothing but column places.
    exec("\n".join(lines), scope)  # noqa: S102 # pylint: disable=exec-used
    read: ReadTuple = scope["read"]  # type: ignore[assignment]
    return read


def _keep_column(place: int) -> list[str]:
    return [
        "    kind = message[position]",
        "    if kind == 116:",  # t: a text
        "        length, = length_at(message, position)",
        "        end = position + 5 + length",
        f"        if length < {SHORT}: v{place} = message[position + 3:end]",
        f"        else: v{place} = nullable_string(message[position + 5:end])",
        "        position = end",
        "    elif kind == 110:",  # n: NULL
        f"        v{place} = NULL",
        "        position += 1",
        "    else:",  # u: an unchanged value that was not sent
        f"        v{place} = old[{place}] if old else missing()",
        "        position += 1",
    ]


def _skip_column() -> list[str]:
    return ["    position += 5 + length_at(message, position)[0] if message[position] == 116 else 1"]


def _missing() -> bytes:
    raise MissingValueError("an unchanged value was not sent, and neither was the old row")
