"""The bytes of a request, which are a content as they are, and the version of them that the caller has seen."""

import re
from uuid import uuid4

from quart import request

from services.content_service.domain import SentBytes
from services.content_service.names import mime_type_of
from services.kit.correlation import correlation_id
from services.kit.errors import ValidationFailedError
from services.kit.web.preconditions import expected_etag

_SHA256_ETAG = re.compile(r'"([0-9a-f]{64})"')


async def sent_bytes() -> SentBytes:
    """The request's body under its media type; ValidationFailedError if there is none, or no such type."""
    try:
        mime_type = mime_type_of(request.headers.get("Content-Type"))
    except ValueError as error:
        raise ValidationFailedError(f"header Content-Type {error}") from error
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    if not body:
        raise ValidationFailedError("the body is empty; send the content's bytes in it", code="empty")
    return SentBytes(mime_type, body, correlation_id() or uuid4())


def expected_sha256() -> str | None:
    """The bytes that If-Match asks for, None if it is absent or `*`; ValidationFailedError for anything else."""
    return expected_etag(_SHA256_ETAG, "the ETag with which the bytes were read: their SHA-256")
