"""If-Match and ETag: which version of a thing an answer shows, and which one the caller has seen."""

import re
from typing import Protocol, TypeVar

from quart import request

from services.kit.errors import ValidationFailedError

_ROW_VERSION = re.compile(r'"?(\d{1,18})"?')


class Versioned(Protocol):
    """What has a version that rises with every change of its row."""

    @property
    def row_version(self) -> int:
        """From 1."""


Shown = TypeVar("Shown")
Row = TypeVar("Row", bound=Versioned)
WithEtag = tuple[Shown, int, dict[str, str]]


def row_version_etag(row_version: int) -> str:
    """The ETag of what is at this version."""
    return f'"{row_version}"'


def with_etag(row: Row, status: int = 200) -> WithEtag[Row]:
    """The answer that shows a row, under the ETag by which If-Match knows its version."""
    return row, status, {"ETag": row_version_etag(row.row_version)}


def expected_row_version() -> int | None:
    """The version that If-Match asks for, None if it is absent or `*`; ValidationFailedError for anything else."""
    version = expected_etag(_ROW_VERSION, 'the ETag of an earlier answer, such as "3"')
    return None if version is None else int(version)


def expected_etag(shape: re.Pattern[str], described: str) -> str | None:
    """The first group of the shape in If-Match, None if it is absent or `*`; ValidationFailedError says what it is."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    found = shape.fullmatch(header)
    if found is None:
        raise ValidationFailedError(f"header If-Match must be {described}")
    return found[1]
