"""The wait for a moment at which both sides can be compared: it ends, whatever goes on."""

from itertools import count

import pytest

from cdc.verify import caught_up as waiting
from cdc.verify.caught_up import NotCaughtUpError, caught_up
from tests.support.declared_tables import table_named


class Untouched:
    """A connection of which nothing is asked but to end its transaction."""

    def __init__(self) -> None:
        self.ended = 0

    def rollback(self) -> None:
        self.ended += 1


def test_copies_that_never_stop_are_waited_out_no_longer_than_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    copies, connection = count(), Untouched()
    waits: list[float] = []
    monkeypatch.setattr(waiting, "_wait_until_copied", lambda *_: next(copies))
    monkeypatch.setattr(waiting, "_newest_copy", lambda *_: next(copies))
    monkeypatch.setattr(waiting, "snapshot", lambda *_: None)
    monkeypatch.setattr(waiting, "wait_until_stored", lambda *arguments: waits.append(arguments[-1]))
    with pytest.raises(NotCaughtUpError, match=r"copied anew again and again for 0\.2 s"):
        caught_up(connection, "", None, table_named("file.files"), 0.2)  # type: ignore[arg-type]
    assert connection.ended == len(waits) > 1
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] < waits[0] <= 0.2
