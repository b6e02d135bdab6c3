"""The shapes that the requests and answers of every service share."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from services.kit.identity import LONGEST_USER_ID
from services.kit.paging import DEFAULT_LIMIT, LARGEST_LIMIT, PageRequest

LONGEST_CURSOR = 500


def _storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds a NUL character or broken Unicode")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside of the years 1 to 9999") from error


Text = Annotated[str, AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Label = Annotated[Text, StringConstraints(min_length=1, max_length=100)]
Sentence = Annotated[Text, StringConstraints(max_length=2000)]
UserId = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_USER_ID)]
Cursor = Annotated[Text, StringConstraints(max_length=LONGEST_CURSOR)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT)]

BINARY = WithJsonSchema({"type": "string", "format": "binary"})
BINARY_PARTS = WithJsonSchema({"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}})


class ErrorFields(BaseModel):
    """What a program, a person and a log need to know of an error."""

    code: str
    message: str
    correlation_id: UUID | None
    details: dict[str, Any] = Field(default_factory=dict)


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorFields


class Question(BaseModel):
    """Base of what callers send: a name that is not known is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class PageQuestion(Question):
    """Which page of a list is asked for."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None

    def page(self) -> PageRequest:
        """Which page of the list; ValidationFailedError if the cursor is not one of ours."""
        return PageRequest.of(self.limit, self.cursor)


class VisibilityQuestion(Question):
    """Whether what is deleted is shown as well."""

    include_deleted: bool = False
