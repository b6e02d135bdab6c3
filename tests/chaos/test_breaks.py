"""The deliberate breaks can still be made: each text that they change stands where it is looked for, once."""

from pathlib import Path

import pytest
import typer

from cdc.catalog.sources import Source as Name
from deploy.local.postgres_binaries import MissingBinariesError
from tests.chaos import break_all
from tests.chaos.break_all import Ending, broken, ending
from tests.chaos.breaks import BREAKS, Break
from tests.chaos.parts import PROJECT
from tests.chaos.sources import SOURCES


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
        assert set(kinds) <= SOURCES[Name.KAFKA if tried.by_kafka else Name.SLOT].kinds.keys()


def test_there_are_ten_breaks_at_least() -> None:
    assert len({tried.name for tried in BREAKS}) >= 10


def test_a_check_that_does_not_end_is_given_up_and_has_caught_nothing(tmp_path: Path) -> None:
    check = ("timeit", "-n1", "-r1", "-s", "import time", "time.sleep(60)")
    project = tmp_path / "project"
    project.mkdir()
    hung = ending(project, check, seconds=0.5)
    assert hung == Ending(None, "")
    assert not hung.catches(check)


def test_only_a_verdict_of_broken_promises_catches_a_break() -> None:
    check = ("tests.chaos", "--seed=1")
    assert Ending(1, "chaos: 3 BROKEN PROMISES").catches(check)
    assert not Ending(1, "Traceback").catches(check)
    assert not Ending(0, "every promise kept").catches(check)


def without_java() -> None:
    raise MissingBinariesError("no java was found")


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_break_that_cannot_be_tried_is_named_and_fails_where_ci_runs(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(break_all, "resolved", without_java)
    by_kafka = [each.name for each in BREAKS if each.by_kafka]
    with pytest.raises(typer.Exit) as ended:
        break_all.main(by_kafka, check_unbroken=False)
    assert ended.value.exit_code == code
    said = capsys.readouterr().out
    assert all(f"LEFT OUT: {name}: no java was found" in said for name in by_kafka)
    assert ("breaks: where CI=true, no break may be left out" in said) == bool(code)
