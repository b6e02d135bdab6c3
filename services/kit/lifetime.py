"""What is known of the life of everything that callers change, hide and bring back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lifetime:
    """When a record was made, changed and hidden, and by whom; `row_version` rises with every change of it."""

    deleted_at: datetime | None
    deleted_by: str | None
    created_at: datetime
    updated_at: datetime
    row_version: int
