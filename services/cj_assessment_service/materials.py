"""What is prepared for an assignment or a course: instructions with a scale of grades, and anchors on that scale."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import ForbiddenError, ValidationFailedError
from services.kit.identity import Caller


@dataclass(frozen=True)
class Target:
    """What a configuration is for: an assignment or a course, exactly one of them (ValidationFailedError)."""

    assignment_id: UUID | None = None
    course_code: str | None = None

    def __post_init__(self) -> None:
        if (self.assignment_id is None) == (self.course_code is None):
            raise ValidationFailedError("name exactly one of assignment_id and course_code")

    def __str__(self) -> str:
        if self.course_code is None:
            return f"assignment {self.assignment_id}"
        return f"course {self.course_code}"


@dataclass(frozen=True)
class NewConfig:
    """Instructions for judges, and the grades of a scale from the lowest to the highest."""

    config_id: UUID
    target: Target
    instructions: str
    grade_scale: str
    grades: list[str]


@dataclass(frozen=True)
class AssessmentConfig:
    """One version of the configuration of an assignment or a course; `shared`: anybody may read it."""

    config_id: UUID
    assignment_id: UUID | None
    course_code: str | None
    version: int
    instructions: str
    grade_scale: str
    grades: list[str]
    user_id: str
    shared: bool
    created_at: datetime


@dataclass(frozen=True)
class NewAnchor:
    """An essay whose grade is known. storage_id: 32 hex digits."""

    anchor_id: UUID
    assignment_id: UUID
    label: str
    grade: str
    grade_scale: str
    storage_id: str


@dataclass(frozen=True)
class Anchor:
    """An anchor as it is stored; `shared`: anybody may read it and compare with it."""

    anchor_id: UUID
    assignment_id: UUID
    label: str
    grade: str
    grade_scale: str
    storage_id: str
    user_id: str
    shared: bool
    created_at: datetime


@dataclass(frozen=True)
class GradedEssay:
    """The grade that anchors give an essay. confidence: the probability that it is this one."""

    batch_id: UUID
    essay_id: UUID
    grade: str
    grade_scale: str
    confidence: float
    created_at: datetime


def refuse_course_config(caller: Caller, target: Target) -> None:
    """ForbiddenError if the caller may not write for this target: a course is everybody's, and an admin's to write."""
    if target.course_code is not None and not caller.is_admin:
        raise ForbiddenError(f"only an admin configures a whole course, such as {target.course_code}")
