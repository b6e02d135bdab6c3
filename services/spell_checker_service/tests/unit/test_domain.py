from itertools import product

import pytest

from services.kit.errors import ConflictError
from services.spell_checker_service.domain import MOVES, JobStatus

ALLOWED = {
    (JobStatus.PENDING, JobStatus.IN_PROGRESS),
    (JobStatus.IN_PROGRESS, JobStatus.SUCCESS),
    (JobStatus.IN_PROGRESS, JobStatus.FAILED),
    (JobStatus.FAILED, JobStatus.PENDING),
}


@pytest.mark.parametrize(("current", "wanted"), sorted(ALLOWED))
def test_a_job_goes_from_pending_through_work_to_its_end_and_back_after_a_failure(
    current: JobStatus, wanted: JobStatus
) -> None:
    MOVES.refuse(current, wanted)


@pytest.mark.parametrize(("current", "wanted"), sorted(set(product(JobStatus, JobStatus)) - ALLOWED))
def test_every_other_move_is_a_conflict_that_names_both(current: JobStatus, wanted: JobStatus) -> None:
    with pytest.raises(ConflictError) as refused:
        MOVES.refuse(current, wanted)
    assert refused.value.code == "status_move"
    assert refused.value.details == {"status": current.value, "wanted": wanted.value}
