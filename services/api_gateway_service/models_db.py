"""The tables of the gateway, and what of them change data capture carries."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.api_gateway_service.domain import (
    LONGEST_DEVICE,
    LONGEST_JTI,
    LONGEST_METHOD,
    LONGEST_ROLE,
    LONGEST_ROUTE,
    LONGEST_UPSTREAM,
    AuthOutcome,
)
from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import (
    Created,
    Versioned,
    models_registry,
    one_of,
    text_enum,
)

SESSIONS_RETAINED = timedelta(days=365)
REQUESTS_RETAINED = timedelta(days=365)


class Base(DeclarativeBase):
    """Declarative base of the gateway."""

    registry = models_registry()


class UserSessionRow(Created, Base):
    """The session of one token; where it was opened from is personal and stays in PostgreSQL."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        Index(None, "user_id", "created_at", "session_id"),
        Index(None, "expires_at"),
        {"info": Capture(exclude=frozenset({"device", "ip"}), subject="user_id", retain=SESSIONS_RETAINED).info()},
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    jti: Mapped[str] = mapped_column(String(LONGEST_JTI), unique=True)
    device: Mapped[str | None] = mapped_column(String(LONGEST_DEVICE))
    ip: Mapped[str | None] = mapped_column(INET)
    last_activity_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RateLimitPolicyRow(Versioned, Base):
    """How many requests a user may make in a time, on one route and in one role."""

    __tablename__ = "rate_limit_policies"
    __table_args__ = (
        UniqueConstraint("route", "role"),
        CheckConstraint("request_limit >= 1", name="at_least_one_request"),
        CheckConstraint("period_seconds >= 1", name="at_least_one_second"),
        {"info": Capture(subject=None).info()},
    )

    policy_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    route: Mapped[str] = mapped_column(String(LONGEST_ROUTE))
    role: Mapped[str] = mapped_column(String(LONGEST_ROLE))
    request_limit: Mapped[int]
    period_seconds: Mapped[int]


class ApiRequestRow(Base):
    """One request through the gateway. A partition holds the requests of one day in UTC: retention drops it whole."""

    __tablename__ = "api_requests"
    __table_args__ = (
        CheckConstraint("status BETWEEN 100 AND 599", name="status_is_one_of_http"),
        CheckConstraint("duration_us >= 0", name="duration_is_not_negative"),
        CheckConstraint("request_bytes >= 0 AND response_bytes >= 0", name="bytes_are_not_negative"),
        CheckConstraint("session_id IS NULL OR user_id IS NOT NULL", name="session_is_of_a_user"),
        one_of("auth_outcome", AuthOutcome),
        Index(None, "user_id", "requested_at", "request_id"),
        {
            "postgresql_partition_by": "RANGE (requested_at)",
            "info": Capture(subject="user_id", retain=REQUESTS_RETAINED).info(),
        },
    )

    requested_at: Mapped[datetime] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(LONGEST_METHOD))
    route: Mapped[str] = mapped_column(String(LONGEST_ROUTE))
    status: Mapped[int] = mapped_column(SmallInteger)
    auth_outcome: Mapped[AuthOutcome] = mapped_column(text_enum(AuthOutcome))
    duration_us: Mapped[int] = mapped_column(BigInteger)
    request_bytes: Mapped[int] = mapped_column(BigInteger)
    response_bytes: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[str | None] = mapped_column(String(LONGEST_USER_ID))
    session_id: Mapped[UUID | None]
    rate_limited: Mapped[bool]
    correlation_id: Mapped[UUID]
    upstream: Mapped[str | None] = mapped_column(String(LONGEST_UPSTREAM))
