"""Bytes that are given out exactly as they came, and not again to whoever has them already."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from quart import Response, request

_NOT_MODIFIED = 304


@dataclass(frozen=True)
class DescribedBytes:
    """What is told of bytes before they come; sha256: lower-case hex; disposition: whole Content-Disposition."""

    content_type: str
    size_bytes: int
    sha256: str
    disposition: str = "attachment"


def sha256_etag(sha256: str) -> str:
    """The ETag of bytes with that SHA-256."""
    return f'"{sha256}"'


def may_need_no_bytes() -> bool:
    """Whether it is worth while to look for the description alone: the request may be answered without the bytes."""
    return request.method == "HEAD" or bool(request.if_none_match)


def answer_without_bytes(described: DescribedBytes) -> Response | None:
    """304 for a caller who has the bytes, the headers alone for HEAD; None if the bytes are to be sent."""
    if request.if_none_match.contains(described.sha256):
        return Response(b"", _NOT_MODIFIED, {"ETag": sha256_etag(described.sha256)})
    return _with_headers(Response(b""), described) if request.method == "HEAD" else None


def answer_with_bytes(described: DescribedBytes, body: bytes | AsyncIterator[bytes]) -> Response:
    """The bytes, whole or in chunks, and the headers that describe them."""
    return _with_headers(Response(body), described)


def _with_headers(response: Response, described: DescribedBytes) -> Response:
    # The media type may be the sender's word: no browser is to guess another, or to show the bytes as a page of ours.
    response.headers["Content-Type"] = described.content_type
    response.headers["Content-Length"] = str(described.size_bytes)
    response.headers["Content-Disposition"] = described.disposition
    response.headers["ETag"] = sha256_etag(described.sha256)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
