"""What the gateway knows, free of database and network: how a request was authenticated, and what became of it."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LONGEST_JTI = 255
LONGEST_DEVICE = 512
LONGEST_ROUTE = 255
LONGEST_ROLE = 64
LONGEST_METHOD = 16
LONGEST_UPSTREAM = 64
ANY = "*"


class AuthOutcome(enum.StrEnum):
    """What a request's token turned out to be; `anonymous` is a request to a route that asks for none."""

    ANONYMOUS = "anonymous"
    ACCEPTED = "accepted"
    MISSING = "missing"
    MALFORMED = "malformed"
    WRONG_ALGORITHM = "wrong_algorithm"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    NO_SUBJECT = "no_subject"
    NO_TOKEN_ID = "no_token_id"  # noqa: S105  # the name of an outcome, no secret
    REVOKED = "revoked"
    UNDECIDED = "undecided"  # the token was good, but its session could not be looked up


@dataclass(frozen=True)
class RequestRecord:
    """One request through the gateway, once it has ended.

    request_id: of this request alone; correlation_id: shared with whatever the same action caused; route: the template
    (`GET /v1/files/{file_id}`'s path alone), never the raw path; upstream: the service that was asked, None if the
    gateway answered by itself; response_bytes: of the body as it was sent.
    """

    request_id: UUID
    requested_at: datetime
    method: str
    route: str
    status: int
    auth_outcome: AuthOutcome
    duration_us: int
    request_bytes: int
    response_bytes: int
    user_id: str | None
    session_id: UUID | None
    rate_limited: bool
    correlation_id: UUID
    upstream: str | None


@dataclass(frozen=True)
class RequestFilter:
    """Which requests a list shows; a None asks for nothing. status_class: the status's first digit; until: excluded."""

    since: datetime | None = None
    until: datetime | None = None
    route: str | None = None
    status_class: int | None = None
    user_id: str | None = None
    upstream: str | None = None


@dataclass(frozen=True)
class NewSession:
    """What the first request of a token says about its session. jti: the token's id; ip: None if there is none."""

    user_id: str
    jti: str
    device: str | None
    ip: str | None
    expires_at: datetime


@dataclass(frozen=True)
class SessionFacts:
    """The life of one token, from its first request until it expires or is revoked: what its user may know."""

    session_id: UUID
    user_id: str
    device: str | None
    ip: str | None
    created_at: datetime
    last_activity_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class Session(SessionFacts):
    """The session of the token with the id `jti`: no caller needs to know that of another token."""

    jti: str


@dataclass(frozen=True)
class PolicyRule:
    """How many requests a user may make in a time, on one route and in one role; `*` stands for any of them.

    route: method and template, such as `GET /v1/files/{file_id}`.
    """

    route: str
    role: str
    request_limit: int
    period_seconds: int


@dataclass(frozen=True)
class RateLimitPolicy(PolicyRule):
    """A rule as it is stored; `row_version` rises with every change of it."""

    policy_id: UUID
    created_at: datetime
    updated_at: datetime
    row_version: int
