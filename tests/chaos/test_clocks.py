"""Whose clock is asked: capture's own must not matter, since nobody keeps it right."""

import re

import pytest

from tests.chaos.clocks import LIBRARY, shifted
from tests.chaos.parts import PROJECT

_CLOCKS_THAT_CAN_BE_SET = re.compile(r"\btime\.time(_ns)?\(|\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(")


def test_capture_asks_no_clock_that_can_be_set() -> None:
    asking = [
        str(module.relative_to(PROJECT))
        for module in (PROJECT / "cdc").rglob("*.py")
        if _CLOCKS_THAT_CAN_BE_SET.search(module.read_text(encoding="utf-8"))
    ]
    assert not asking


@pytest.mark.parametrize("line", ["time.time()", "datetime.now(UTC)", "date.today()"])
def test_a_clock_that_can_be_set_is_recognised(line: str) -> None:
    assert _CLOCKS_THAT_CAN_BE_SET.search(line)


def test_a_clock_that_is_right_needs_nothing() -> None:
    assert not shifted(0)


def test_continuous_integration_installs_the_library_that_is_looked_for() -> None:
    assert re.findall(r"libfaketime[\w.]*\.so[.\d]*", (PROJECT / ".ci/run").read_text(encoding="utf-8")) == [LIBRARY]
