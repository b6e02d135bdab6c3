"""The moves that something's status may make."""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.kit.errors import ConflictError

Status = TypeVar("Status", bound=enum.StrEnum)


@dataclass(frozen=True)
class Moves(Generic[Status]):
    """From each status those that may follow it; `noun` is what has the status, for the caller to read."""

    noun: str
    table: Mapping[Status, Collection[Status]]
    may_stay: bool = True

    def refuse(self, current: Status, wanted: Status) -> None:
        """ConflictError unless `wanted` may follow `current`."""
        stays = self.may_stay and wanted is current
        if not stays and wanted not in self.table[current]:
            allowed = ", ".join(sorted(self.table[current])) or "nothing else"
            raise ConflictError(
                f"a {self.noun} that is {current} cannot become {wanted}, only {allowed}",
                code="status_move",
                details={"status": current.value, "wanted": wanted.value},
            )
