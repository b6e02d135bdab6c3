"""DESIGN.md's table of failures names tests that are there, and no test for two rows."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = re.compile(r"^## Failures\n\| [^\n]* `(tests/\w+)/…` \|\n(.*?)\n\n", re.MULTILINE | re.DOTALL)
# A file, and how the names of those of its tests begin that show the row.
SHOWN_BY = re.compile(r"`([\w/]*test_[\w*]+\.py)(?:::(test_\w+))?`")


def shown_by(design: str) -> list[list[tuple[str, str]]]:
    """For each row of the table the files that show it, by their paths, each with its tests or nothing."""
    [(folder, rows)] = TABLE.findall(design)
    cells = [row.rsplit("|", 2)[1] for row in rows.splitlines()[1:]]
    named = [SHOWN_BY.findall(cell) for cell in cells]
    return [[(file if "/" in file else f"{folder}/{file}", test) for file, test in each] for each in named]


def test_each_failure_names_a_test_that_is_there() -> None:
    rows = shown_by((ROOT / "cdc" / "DESIGN.md").read_text(encoding="utf-8"))
    assert rows
    for row in rows:
        assert row
        for file, test in row:
            found = list(ROOT.glob(file))
            assert found, file
            assert all(f"def {test}" in each.read_text(encoding="utf-8") for each in found), (file, test)


def test_a_file_that_shows_several_failures_says_by_which_test_it_shows_each() -> None:
    rows = shown_by((ROOT / "cdc" / "DESIGN.md").read_text(encoding="utf-8"))
    assert [named for named, times in Counter(named for row in rows for named in row).items() if times > 1] == []
