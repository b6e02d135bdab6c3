"""Which configurations and anchors a query is about: one's own, and what admins wrote for everybody."""

from typing import TypeVar

from sqlalchemy import ColumnElement, Select, select

from services.cj_assessment_service.materials import Target
from services.cj_assessment_service.models_db import AnchorRow, AssessmentConfigRow
from services.kit.identity import Caller
from services.kit.postgres.ownership import owned

Material = TypeVar("Material", AssessmentConfigRow, AnchorRow)


def readable(caller: Caller, kind: type[Material]) -> Select[Material]:
    """Those that the caller may read."""
    return owned(select(kind), kind.user_id, caller, or_shared=kind.shared)


def of_target(target: Target) -> ColumnElement[bool]:
    """Whether a configuration is for that target."""
    if target.course_code is not None:
        return AssessmentConfigRow.course_code == target.course_code
    return AssessmentConfigRow.assignment_id == target.assignment_id
