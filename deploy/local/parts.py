"""What a stack consists of: parts as data, and the order in which they start."""

import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from deploy.local.accounts import Account


class Kind(StrEnum):
    """A server runs until it is stopped; a step runs once at each start of the stack and ends with exit code 0."""

    SERVER = "server"
    STEP = "step"


@dataclass(frozen=True)
class Port:
    """A port of the loopback that a part listens on, and the variable that moves it elsewhere."""

    number: int
    variable: str


@dataclass(frozen=True)
class Part:
    """One process of a stack. `ready` is asked while it starts; `endings` are the signals that stop it, in order."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool] = lambda: True
    kind: Kind = Kind.SERVER
    after: tuple[str, ...] = ()
    port: Port | None = None
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    directory: Path = Path()
    endings: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    on_death: signal.Signals = signal.SIGTERM
    start_seconds: float = 60.0


def chosen(parts: Sequence[Part], names: Iterable[str]) -> tuple[Part, ...]:
    """The named parts and all they come after, in the order of `parts`; all of them if none is named. KeyError."""
    by_name = {part.name: part for part in parts}
    wanted: set[str] = set()
    waiting = list(names) or list(by_name)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise KeyError(f"the stack has no part {name!r}; its parts are: {', '.join(by_name)}")
        if name not in wanted:
            wanted.add(name)
            waiting.extend(by_name[name].after)
    return tuple(part for part in parts if part.name in wanted)
