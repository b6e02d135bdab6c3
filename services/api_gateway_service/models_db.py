"""The tables of the gateway, and what of them change data capture carries."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, MetaData, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.api_gateway_service.domain import LONGEST_DEVICE, LONGEST_JTI, LONGEST_ROLE, LONGEST_ROUTE
from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import NAMING_CONVENTION, TYPES, Created, Timestamped, Versioned

SESSIONS_RETAINED = timedelta(days=365)


class Base(DeclarativeBase):
    """Declarative base of the gateway."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPES


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


class RateLimitPolicyRow(Versioned, Timestamped, Base):
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
