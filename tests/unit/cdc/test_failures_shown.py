"""DESIGN.md's table of failures names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = re.compile(r"^## Failures\n\| [^\n]* `(tests/\w+)/…` \|\n(.*?)\n\n", re.MULTILINE | re.DOTALL)


def test_each_failure_names_a_test_that_is_there() -> None:
    [(folder, rows)] = TABLE.findall((ROOT / "cdc" / "DESIGN.md").read_text(encoding="utf-8"))
    shown = [row.rsplit("|", 2)[1] for row in rows.splitlines()[1:]]
    assert shown
    for cell in shown:
        files = re.findall(r"`([\w/]*test_[\w*]+\.py)`", cell)
        assert files, cell
        for file in files:
            assert list(ROOT.glob(file if "/" in file else f"{folder}/{file}")), file
