"""Changes of a row that the caller saw in an older version are refused."""

from services.kit.errors import ConflictError
from services.kit.postgres.conventions import Versioned


def refuse_stale(row: Versioned, expected_row_version: int | None, name: str) -> None:
    """ConflictError, which calls the row `name`, unless it is at this version; None expects none."""
    if expected_row_version not in {None, row.row_version}:
        raise ConflictError(
            f"{name} was changed meanwhile: read it again",
            code="row_version",
            details={"expected": expected_row_version, "row_version": row.row_version},
        )
