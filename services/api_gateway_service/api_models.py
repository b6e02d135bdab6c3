"""The shapes in which the gateway answers and is asked."""

from dataclasses import fields
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.api_gateway_service.domain import (
    LONGEST_ROLE,
    LONGEST_ROUTE,
    PolicyRule,
    RateLimitPolicy,
    Session,
    SessionFacts,
)
from services.kit.web.models import PageQuestion, Question, Text, UserId

MOST_REQUESTS = 1_000_000
LONGEST_PERIOD = 86_400


class SessionsAnswer(BaseModel):
    """A page of sessions; `next_cursor` fetches the next one and is null on the last."""

    sessions: list[SessionFacts]
    next_cursor: str | None


class RevokedAnswer(BaseModel):
    """Whether this request ended the session: false if it was ended already."""

    revoked: bool


class RevokedAllAnswer(BaseModel):
    """How many sessions this request ended."""

    revoked: int


class OwnerQuestion(Question):
    """Whose sessions: the caller's if nobody is named."""

    user_id: UserId | None = None


class SessionsQuestion(OwnerQuestion, PageQuestion):
    """Whose sessions are listed, and which page of them."""


class PoliciesAnswer(BaseModel):
    """A page of rules; `next_cursor` fetches the next one and is null on the last."""

    policies: list[RateLimitPolicy]
    next_cursor: str | None


class PolicyQuestion(Question):
    """A rule as it is to be; `*` stands for any route or any role."""

    route: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_ROUTE)]
    role: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_ROLE)] = "*"
    request_limit: Annotated[int, Field(ge=1, le=MOST_REQUESTS)]
    period_seconds: Annotated[int, Field(ge=1, le=LONGEST_PERIOD)]

    def rule(self) -> PolicyRule:
        """The rule that is asked for."""
        return PolicyRule(**dict(self))


def facts_of(session: Session) -> SessionFacts:
    """What callers may know of a session."""
    return SessionFacts(**{field.name: getattr(session, field.name) for field in fields(SessionFacts)})
