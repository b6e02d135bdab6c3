"""What a stack consists of: parts as data, and the order in which they start."""

import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deploy.local.children import Command
from deploy.local.ports import LOOPBACK
from services.kit.names import UnknownNameError


class Kind(StrEnum):
    """A server runs until it is stopped; a step runs once at each start of the stack and ends with exit code 0."""

    SERVER = "server"
    STEP = "step"


@dataclass(frozen=True)
class Port:
    """A port of the loopback that a part listens on, the variable that moves it, and what its address starts with."""

    number: int
    variable: str
    scheme: str = "http://"

    @property
    def address(self) -> str:
        """Where clients find the part."""
        return f"{self.scheme}{LOOPBACK}:{self.number}"


@dataclass(frozen=True)
class Readiness:
    """How to tell that a part serves, and the seconds it has until it must."""

    check: Callable[[], bool] = lambda: True
    within: float = 60.0


@dataclass(frozen=True)
class Ending:
    """The signals that stop a part, in order, and the one it gets when its supervisor dies."""

    signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    on_death: signal.Signals = signal.SIGTERM


@dataclass(frozen=True)
class Part:
    """One process of a stack; it starts once the parts it comes `after` run or are done.

    port: where clients find it; further_ports: what it listens on beside that.
    """

    name: str
    command: Command
    after: tuple[str, ...] = ()
    kind: Kind = Kind.SERVER
    port: Port | None = None
    further_ports: tuple[Port, ...] = ()
    readiness: Readiness = Readiness()
    ending: Ending = Ending()

    @property
    def ports(self) -> tuple[Port, ...]:
        """All that it listens on."""
        return self.further_ports if self.port is None else (self.port, *self.further_ports)


def chosen(parts: Sequence[Part], names: Iterable[str]) -> tuple[Part, ...]:
    """The named parts and all they come after, in the order of `parts`, or all of them; UnknownNameError."""
    by_name = {part.name: part for part in parts}
    wanted: set[str] = set()
    waiting = list(names) or list(by_name)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise UnknownNameError(f"the stack has no part {name!r}; its parts are: {', '.join(by_name)}")
        if name not in wanted:
            wanted.add(name)
            waiting.extend(by_name[name].after)
    return tuple(part for part in parts if part.name in wanted)
