"""The shape of every message: what it is, when and in which action it came about, whose it is, and its data.

A topic carries one type of message and is called by it, version included. A field that is not known is refused: a new
one takes consumers that know it, or a new version, which is another topic.
"""

from typing import Annotated, Any, Generic, TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.kit.errors import ValidationFailedError
from services.kit.identity import Caller
from services.kit.web.models import Moment, Text, UserId

LONGEST_TOPIC = 249
LONGEST_ROLE = 100
MOST_ROLES = 20
MALFORMED = "malformed"

Data = TypeVar("Data")
RoleName = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_ROLE)]


class Envelope(BaseModel, Generic[Data]):
    """A subclass says its `event_type` as a Literal. event_id: the message's own, the same when it is sent again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: UUID
    event_type: str
    correlation_id: UUID
    occurred_at: Moment
    user_id: UserId
    data: Data


class Request(Envelope[Data], Generic[Data]):
    """Something is asked for, by a user with these roles."""

    user_roles: Annotated[tuple[RoleName, ...], Field(max_length=MOST_ROLES)] = ()

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return Caller(self.user_id, frozenset(self.user_roles))

    @property
    def idempotency_key(self) -> str:
        """By what the request is known when it comes again."""
        return str(self.event_id)


Message = TypeVar("Message", bound=Envelope[Any])


def topic_of(kind: type[Envelope[Any]]) -> str:
    """The topic of that type of message."""
    topic: str = get_args(kind.model_fields["event_type"].annotation)[0]
    return topic


def parsed(kind: type[Message], value: bytes | None) -> Message:
    """The message in these bytes; ValidationFailedError says what is wrong with them, and repeats nothing of them."""
    try:
        return kind.model_validate_json(value or b"")
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'message'}: {fault['msg']}" for fault in error.errors()]
        raise ValidationFailedError(f"it is no {topic_of(kind)}: {'; '.join(faults)}", code=MALFORMED) from None
