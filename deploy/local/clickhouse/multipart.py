"""Reads multipart/form-data: long queries and parameters that would not fit into a URL."""

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from deploy.local.clickhouse.errors import BAD_ARGUMENTS, NOT_IMPLEMENTED, ClickHouseError

FORM = "multipart/form-data"


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The form's text fields; ClickHouseError for a broken form, or one that brings external tables."""
    boundary = parse_options_header(content_type)[1].get("boundary")
    if not boundary:
        raise ClickHouseError(BAD_ARGUMENTS, "multipart/form-data without a boundary.")
    try:
        return {name: value.decode() for name, value in _fields(boundary.encode("latin-1"), body).items()}
    except (ValueError, UnicodeDecodeError) as error:
        raise ClickHouseError(BAD_ARGUMENTS, f"The form can't be read: {error}") from error


def _fields(boundary: bytes, body: bytes) -> dict[str, bytes]:
    decoder, fields, name = MultipartDecoder(boundary), dict[str, bytes](), ""
    decoder.receive_data(body)
    decoder.receive_data(None)
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, File):
            raise ClickHouseError(NOT_IMPLEMENTED, f"External tables are not supported (form field {event.name!r}).")
        if isinstance(event, Field):
            name = event.name
            fields[name] = b""
        elif isinstance(event, Data):
            fields[name] += event.data
    return fields
