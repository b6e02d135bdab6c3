"""Headers and frames of the answers: what clients read besides the rows."""

import json
import secrets

from deploy.local.clickhouse.request import Request

Headers = list[tuple[bytes, bytes]]
_CONTENT_TYPES = {"JSON": "application/json", "CSV": "text/csv", "TabSeparated": "text/tab-separated-values"}
_CONTENT_TYPES["TSV"] = _CONTENT_TYPES["TabSeparated"]


def content_type(output_format: str) -> str:
    """The media type of a ClickHouse format."""
    for prefix, media_type in _CONTENT_TYPES.items():
        if output_format.startswith(prefix):
            return f"{media_type}; charset=UTF-8"
    return "application/octet-stream"


def exception_tag() -> str:
    """What marks an error within a body that has begun; unguessable, so that no row can pretend to be one."""
    return secrets.token_hex(8)


def common_headers(request: Request, timezone: str) -> Headers:
    """Headers of every answer to a statement, an error included."""
    return encoded(
        {
            "X-ClickHouse-Query-Id": request.query_id,
            "X-ClickHouse-Server-Display-Name": "chdb",
            "X-ClickHouse-Timezone": timezone,
        }
    )


def answer_headers(output_format: str, summary: dict[str, str], tag: str) -> Headers:
    """Headers of a successful answer."""
    return encoded(
        {
            "Content-Type": content_type(output_format),
            "X-ClickHouse-Format": output_format,
            "X-ClickHouse-Summary": json.dumps(summary),
            "X-ClickHouse-Exception-Tag": tag,
        }
    )


def encoded(headers: dict[str, str]) -> Headers:
    """Headers as ASGI wants them; a line break in a value can't start a header of its own."""
    return [
        (name.encode(), " ".join(value.split("\n")).encode("latin-1", "replace")) for name, value in headers.items()
    ]


def exception_block(tag: str, message: str) -> bytes:
    """An error in the middle of a body, as ClickHouse has marked it since 25.11."""
    text = message.encode("utf-8", "replace")
    return b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
        tag.encode(),
        text,
        len(text) + 1,
        tag.encode(),
    )
