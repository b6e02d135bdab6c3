"""The header of RowBinaryWithNamesAndTypes, which chDB's streams repeat in every piece: an answer has it once."""

from deploy.local.clickhouse.errors import UNKNOWN_EXCEPTION, ClickHouseError

HEADED_FORMAT = "RowBinaryWithNamesAndTypes"
# With this setting, types are codes of one byte or more in place of the names that are read here.
BINARY_TYPES = "output_format_binary_encode_types_in_binary_format"


def header_of(piece: bytes) -> bytes:
    """The header that `piece` begins with: how many columns there are, their names, and their types."""
    columns, position = _varint(piece, 0)
    for _ in range(2 * columns):
        length, position = _varint(piece, position)
        position += length
    return piece[:position]


def without_header(piece: bytes, header: bytes) -> bytes:
    """The rows of `piece`; ClickHouseError if it begins with another header than the answer did."""
    if not piece.startswith(header):
        raise ClickHouseError(UNKNOWN_EXCEPTION, "The engine's pieces of one answer have different headers.")
    return piece[len(header) :]


def _varint(piece: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, seven bits a byte, the lowest first; and where it ends."""
    number = shift = 0
    while True:
        byte = piece[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
