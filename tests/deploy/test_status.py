"""The stack's status on a screen: addresses stay whole where it is narrow."""

import time

from rich.console import Console

from deploy.local.parts import Kind
from deploy.local.record import Condition, PartRecord
from deploy.local.status import StackStatus, rendered

ADDRESSES = ("127.0.0.1:15432", "http://127.0.0.1:18123")
DAYS = 86_400.0


def part(address: str, condition: Condition) -> PartRecord:
    return PartRecord(
        name="cj_assessment",
        kind=Kind.SERVER,
        condition=condition,
        pid=4_194_303,
        started=time.time() - 50 * DAYS,
        address=address,
        log="absent.log",
    )


def test_addresses_are_whole_on_a_screen_of_80_columns() -> None:
    parts = tuple(part(address, condition) for address in ADDRESSES for condition in Condition)
    screen = Console(width=80, record=True)
    screen.print(rendered(StackStatus(healthy=True, supervisor=1, parts=parts)))
    text = screen.export_text()
    assert [text.count(address) for address in ADDRESSES] == [len(Condition)] * 2
    assert len(text.splitlines()) == 3 + len(parts), "a headline, two lines of head, and one for each part"
