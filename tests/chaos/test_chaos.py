"""A short run: every kind of fault once over one platform, and every promise kept.

A kind that is sure to meet something and did not is a problem of the verdict as well.
"""

from pathlib import Path

import pytest

from tests.chaos.by_slot import BY_SLOT
from tests.chaos.faults import left_out
from tests.chaos.run import Order, run_faults
from tests.support.parts import require_part

_SEED = 2026


@pytest.mark.timeout(900)
def test_every_promise_is_kept_through_one_fault_of_each_kind(tmp_path: Path) -> None:
    missing = left_out()
    possible = [kind for kind in BY_SLOT.kinds if kind not in missing]
    verdict = run_faults(Order(BY_SLOT, _SEED, len(possible), possible), tmp_path / "kept")
    print(verdict)
    assert not verdict.problems
    assert set(verdict.faults) == set(possible)
    assert verdict.samples > 0
    # By this seed it comes when capture has come back, and lasts longer than the pause between two inserts.
    assert "ClickHouse's disk full" in missing or verdict.struck["ClickHouse's disk full"]
    # What was possible has been tried by now; a machine where CI runs must be able to do it all.
    require_part("every kind of fault", not missing, ", ".join(f"{kind}: {why}" for kind, why in missing.items()))
