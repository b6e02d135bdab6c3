"""How a file's status may move."""

import pytest

from services.file_service.domain import MOVES, FileStatus
from services.kit.errors import ConflictError

ALLOWED = {
    *((FileStatus.PENDING, wanted) for wanted in FileStatus),
    *((FileStatus.IN_PROGRESS, wanted) for wanted in FileStatus),
    *((FileStatus.COMPLETED, wanted) for wanted in (FileStatus.COMPLETED, FileStatus.PENDING)),
    *((FileStatus.FAILED, wanted) for wanted in FileStatus if wanted is not FileStatus.COMPLETED),
}


@pytest.mark.parametrize("current", FileStatus)
@pytest.mark.parametrize("wanted", FileStatus)
def test_a_move_is_refused_unless_it_is_allowed(current: FileStatus, wanted: FileStatus) -> None:
    if (current, wanted) in ALLOWED:
        MOVES.refuse(current, wanted)
        return
    with pytest.raises(ConflictError) as refused:
        MOVES.refuse(current, wanted)
    assert refused.value.details == {"status": current.value, "wanted": wanted.value}
