"""The shapes in which configurations and anchors are asked for and answered."""

from typing import Annotated, Self
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.cj_assessment_service.api_models import StorageId
from services.cj_assessment_service.materials import Anchor, AssessmentConfig, NewAnchor, NewConfig, Target
from services.kit.web.models import Label, PageQuestion, Question, Text


def _distinct(grades: list[str]) -> list[str]:
    if len(set(grades)) < len(grades):
        raise ValueError("a grade is named twice")
    return grades


Instructions = Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]
Grades = Annotated[list[Label], Field(min_length=2, max_length=100), AfterValidator(_distinct)]


class ConfigQuestion(Question):
    """Instructions and the grades of a scale, from the lowest to the highest, for an assignment or for a course."""

    assignment_id: UUID | None = None
    course_code: Label | None = None
    instructions: Instructions
    grade_scale: Label
    grades: Grades

    def new(self) -> NewConfig:
        """What is to be stored; ValidationFailedError unless exactly one target is named."""
        target = Target(self.assignment_id, self.course_code)
        return NewConfig(uuid4(), target, self.instructions, self.grade_scale, self.grades)


class ConfigsQuestion(PageQuestion):
    """Which configurations are listed: those of an assignment, of a course, or all."""

    assignment_id: UUID | None = None
    course_code: Label | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.assignment_id is not None and self.course_code is not None:
            raise ValueError("name assignment_id or course_code, not both")
        return self

    def target(self) -> Target | None:
        """Whose configurations, None for all."""
        if self.assignment_id is None and self.course_code is None:
            return None
        return Target(self.assignment_id, self.course_code)


class ConfigsAnswer(BaseModel):
    """A page of configurations; `next_cursor` fetches the next one and is null on the last."""

    assessment_configs: list[AssessmentConfig]
    next_cursor: str | None


class AnchorQuestion(Question):
    """An essay of an assignment whose grade is known."""

    assignment_id: UUID
    label: Label
    grade: Label
    grade_scale: Label
    storage_id: StorageId

    def new(self) -> NewAnchor:
        """What is to be stored."""
        return NewAnchor(uuid4(), **self.model_dump())


class AnchorsQuestion(PageQuestion):
    """Which anchors are listed: those of an assignment, or all."""

    assignment_id: UUID | None = None


class AnchorsAnswer(BaseModel):
    """A page of anchors; `next_cursor` fetches the next one and is null on the last."""

    anchor_essays: list[Anchor]
    next_cursor: str | None
