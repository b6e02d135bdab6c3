"""If-Match and ETag over the version that a row has in the database."""

import re

from quart import request

from services.kit.errors import ValidationFailedError

_ROW_VERSION = re.compile(r'"?(\d{1,18})"?')


def row_version_etag(row_version: int) -> str:
    """The ETag of what is at this version."""
    return f'"{row_version}"'


def expected_row_version() -> int | None:
    """The version that If-Match asks for, None if it is absent or `*`; ValidationFailedError for anything else."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    found = _ROW_VERSION.fullmatch(header)
    if found is None:
        raise ValidationFailedError('header If-Match must be the ETag of an earlier answer, such as "3"')
    return int(found[1])
