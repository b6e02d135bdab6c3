"""A call: one thread asks for a turn and works on, another waits for the turn and calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from cdc.storing.bell import Bell
from cdc.storing.turns import Turns


class Call:
    """Whether the turn that was asked for has come.

    called: set while it has come and was not used yet; bell: rings when that or anything else is worth a look.
    """

    def __init__(self, turns: Turns) -> None:
        self.called, self.bell = False, Bell()
        self._turns = turns
        self._asked, self._asks = False, SimpleQueue[None]()

    def ask(self) -> None:
        """Ask for one turn; asking again before it was used changes nothing."""
        if not self._asked:
            self._asked = True
            self._asks.put(None)

    def use(self) -> None:
        """Say that what the turn was asked for was handed over: the next one must be asked for."""
        self._asked = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a turn was asked for and has come, call, and hold it."""
        self._asks.get()
        with self._turns.turn():
            self.called = True
            self.bell.ring()
            yield
