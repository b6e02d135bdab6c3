"""The copier is stopped at any moment: also at the one in which its thread gives its connection up."""

import threading
from typing import Any, cast

from cdc.copies.copier import Copier, Places
from cdc.postgres import Connection


class GivenUp(Copier):
    """A copier whose thread gives its connection up as soon as somebody has looked whether there is one."""

    looked = 0
    running, ends = threading.Event(), threading.Event()

    @property
    def _connection(self) -> Connection | None:
        self.looked += 1
        return cast("Connection", self) if self.looked == 1 else None

    @_connection.setter
    def _connection(self, given: Connection | None) -> None:
        """It is never there for long."""

    def cancel(self) -> None:
        self.ends.set()

    def _run(self) -> None:
        self.running.set()
        assert self.ends.wait(10)


def test_a_connection_that_is_given_up_while_it_is_stopped_is_no_failure() -> None:
    nowhere: Any = None
    copier = GivenUp(Places("", nowhere, nowhere, tuple), "file")
    copier.start()
    assert copier.running.wait(10)
    copier.stop()
    assert copier.ends.is_set()
