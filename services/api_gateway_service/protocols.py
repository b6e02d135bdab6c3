"""What the gateway asks of its storage."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.api_gateway_service.domain import (
    NewSession,
    PolicyRule,
    RateLimitPolicy,
    RequestFilter,
    RequestRecord,
    Session,
)
from services.api_gateway_service.rate_limit import Decision, Limit
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest


class RequestLog(Protocol):
    """Where each request ends as one record, off its path."""

    @abstractmethod
    def record(self, record: RequestRecord) -> None:
        """Take a record to be written later; never waits, never raises."""


class RequestRepository(Protocol):
    """The records of requests, in a partition for each day in UTC. Never commits: a unit of work does."""

    @abstractmethod
    async def append(self, records: Sequence[RequestRecord]) -> None:
        """Store records that nobody tried to store before; ConflictError if one is there already."""

    @abstractmethod
    async def append_missing(self, records: Sequence[RequestRecord]) -> None:
        """Store those of the records that are not there yet."""

    @abstractmethod
    async def page(self, wanted: RequestFilter, page: PageRequest) -> Page[RequestRecord]:
        """The requests that the filter lets through, newest first."""

    @abstractmethod
    async def create_partitions(self, first: date, last: date) -> int:
        """Make what days from `first` to `last` lack, and say how many; ValidationFailedError more than a year away."""

    @abstractmethod
    async def drop_partitions(self, before: date) -> int:
        """Drop the days before that one with all their records, and say how many; ValidationFailedError in future."""


class RateLimiter(Protocol):
    """Counts requests, for all replicas together."""

    @abstractmethod
    async def decide(self, key: str, limit: Limit) -> Decision | None:
        """Whether one more request fits into the limit of what `key` names; None while nobody counts."""

    @abstractmethod
    async def check(self) -> None:
        """Return if requests are counted; an error says why not."""


class SessionRepository(Protocol):
    """The sessions of tokens. Never commits: a unit of work does.

    What belongs to another is not found (NotFoundError), unless the caller is an admin.
    """

    @abstractmethod
    async def find(self, jti: str) -> Session | None:
        """The session of the token with that id, revoked or not."""

    @abstractmethod
    async def open(self, new: NewSession) -> Session:
        """The session of the new one's token, made now if there is none; of two who come at once one makes it."""

    @abstractmethod
    async def touch(self, session_id: UUID, after: timedelta) -> bool:
        """Note that the session is used; False if it was noted less than `after` ago, or the session is revoked."""

    @abstractmethod
    async def extend(self, session: Session, until: datetime) -> Session:
        """The session, which expires at that moment or later, revoked or not: it has a token that lives so long."""

    @abstractmethod
    async def get(self, caller: Caller, session_id: UUID) -> Session:
        """The session."""

    @abstractmethod
    async def list_active(self, caller: Caller, user_id: str, page: PageRequest) -> Page[Session]:
        """The user's sessions that are neither expired nor revoked, oldest first."""

    @abstractmethod
    async def revoke(self, caller: Caller, session_id: UUID) -> bool:
        """End the session; False if it was ended already."""

    @abstractmethod
    async def revoke_all(self, caller: Caller, user_id: str) -> int:
        """End every session of the user, and say how many had neither expired nor ended before."""

    @abstractmethod
    async def delete_expired(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` sessions that expired before that moment; those another is removing are skipped."""


class PolicyRepository(Protocol):
    """The rules by which requests are limited, one for a route and a role. Never commits: a unit of work does.

    `expected_row_version` is the one that the caller last saw: ConflictError if the rule changed since.
    """

    @abstractmethod
    async def all(self) -> tuple[RateLimitPolicy, ...]:
        """Every rule, for who decides by them; there are few, as there are few routes and roles."""

    @abstractmethod
    async def page(self, page: PageRequest) -> Page[RateLimitPolicy]:
        """The rules, oldest first."""

    @abstractmethod
    async def get(self, policy_id: UUID) -> RateLimitPolicy:
        """The rule; NotFoundError."""

    @abstractmethod
    async def put(self, rule: PolicyRule, *, expected_row_version: int | None = None) -> RateLimitPolicy:
        """Store the rule in the place of the one for its route and role, if there is one."""

    @abstractmethod
    async def delete(self, policy_id: UUID, *, expected_row_version: int | None = None) -> RateLimitPolicy:
        """Remove the rule, and say what it was.

        ConflictError for the one of any route and any role, which must not be missing.
        """
