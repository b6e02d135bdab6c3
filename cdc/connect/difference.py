"""What a connector's configuration would change, key by key: pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdc.connect.configuration import Configuration

EPOCH = "transforms.epoch.static.value"


class Step(StrEnum):
    """What `apply` has to do for a connector."""

    CREATE = "create"
    CHANGE = "change"
    NEW_EPOCH = "change, and begin a new epoch"
    NOTHING = "nothing to do"


@dataclass(frozen=True)
class KeyChange:
    """One key of a configuration; None where it is not there."""

    key: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.key} = {self.after}"
        if self.after is None:
            return f"- {self.key} = {self.before}"
        return f"~ {self.key} = {self.after} (is {self.before})"


@dataclass(frozen=True)
class ConnectorPlan:
    """What is wanted of one connector, by its name, and how it differs from what Connect has."""

    name: str
    wanted: Configuration
    current: Configuration | None

    @property
    def changes(self) -> tuple[KeyChange, ...]:
        """The keys that differ, in the order of their names."""
        return tuple(_changes(self.current or {}, self.wanted))

    @property
    def step(self) -> Step:
        """What has to be done."""
        if self.current is None:
            return Step.CREATE
        if self.current.get(EPOCH) != self.wanted.get(EPOCH):
            return Step.NEW_EPOCH
        return Step.CHANGE if self.changes else Step.NOTHING


def _changes(current: Configuration, wanted: Configuration) -> Iterator[KeyChange]:
    for key in sorted(current.keys() | wanted.keys()):
        if current.get(key) != wanted.get(key):
            yield KeyChange(key, current.get(key), wanted.get(key))
