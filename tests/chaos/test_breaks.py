"""The deliberate breaks can still be made: each text that they change stands where it is looked for, once."""

from pathlib import Path

import pytest

from tests.chaos.break_all import broken
from tests.chaos.breaks import BREAKS, Break
from tests.chaos.faults import KINDS
from tests.chaos.parts import PROJECT


@pytest.mark.parametrize("tried", BREAKS, ids=lambda each: each.name)
def test_a_break_changes_what_stands_in_its_module_once(tried: Break) -> None:
    for edit in tried.edits:
        text = (PROJECT / edit.module).read_text(encoding="utf-8")
        compile(broken(text, edit), edit.module, "exec")


@pytest.mark.parametrize("tried", BREAKS, ids=lambda each: each.name)
def test_a_break_is_held_against_a_check_that_exists(tried: Break) -> None:
    module, *arguments = tried.check
    if module == "pytest":
        for name in arguments[2:]:
            file, _, test = name.partition("::")
            assert (
                f"def {test}(" in Path(PROJECT / file).read_text(encoding="utf-8")
                if test
                else (PROJECT / file).exists()
            )
    else:
        kinds = arguments[-1].removeprefix("--kinds=").split(",")
        assert set(kinds) <= KINDS.keys()


def test_there_are_ten_breaks_at_least() -> None:
    assert len({tried.name for tried in BREAKS}) >= 10
