"""Requests, partitioned by day, and the two functions by which the service itself makes and drops partitions."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OUTCOMES = (
    "'anonymous', 'accepted', 'missing', 'malformed', 'wrong_algorithm', 'bad_signature', 'expired', 'not_yet_valid',"
    " 'wrong_audience', 'wrong_issuer', 'no_subject', 'no_token_id', 'revoked', 'undecided'"
)
_APP_ROLE = "api_gateway_app"
_CREATE, _DROP = "create_api_request_partitions(date, date)", "drop_api_request_partitions(date)"

# The service's role may change no schema: these functions run with the rights of their owner and do nothing but this.
# All names are qualified and the search path is pinned, so that nobody's own tables or functions come in their place.
# A day is one in UTC. Of several replicas that call at once one works; the others wait, look, and find it done.
#
# Attached, not created in place: that would lock out whoever reads or inserts. What LIKE leaves out is the identity by
# which capture knows a row that was changed: it is the root's.
_CREATE_PARTITIONS = """
CREATE FUNCTION public.create_api_request_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    root CONSTANT regclass := 'public.api_requests';
    furthest CONSTANT integer := 366;
    created integer := 0;
    day date;
    partition text;
BEGIN
    IF first_day IS NULL OR last_day IS NULL OR first_day > last_day
        OR first_day < current_date - furthest OR last_day > current_date + furthest
    THEN
        RAISE EXCEPTION 'partitions are made from a first to a last day within % days of today, not from % to %',
            furthest, first_day, last_day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(CAST(CAST(root AS oid) AS bigint));
    FOR day IN SELECT first_day + number FROM generate_series(0, last_day - first_day) AS number LOOP
        partition := 'api_requests_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = root AND relname = partition
        );
        EXECUTE format('CREATE TABLE public.%I (LIKE public.api_requests INCLUDING ALL)', partition);
        IF (SELECT relreplident = 'f' FROM pg_class WHERE oid = root) THEN
            EXECUTE format('ALTER TABLE public.%I REPLICA IDENTITY FULL', partition);
        END IF;
        EXECUTE format(
            'ALTER TABLE public.api_requests ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            partition, CAST(day AS timestamptz), CAST(day + 1 AS timestamptz)
        );
        created := created + 1;
    END LOOP;
    RETURN created;
END $$
"""

# To drop a partition locks out all who use the table: rather later than keeping them waiting for those who read it now.
_DROP_PARTITIONS = """
CREATE FUNCTION public.drop_api_request_partitions(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET lock_timeout = '2s' AS $$
DECLARE
    root CONSTANT regclass := 'public.api_requests';
    dropped integer := 0;
    partition text;
BEGIN
    IF before IS NULL OR before > current_date THEN
        RAISE EXCEPTION 'partitions are dropped for days that are over, not for those before %', before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(CAST(CAST(root AS oid) AS bigint));
    FOR partition IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = root AND relname ~ '^api_requests_[0-9]{8}$'
            AND right(relname, 8) < to_char(before, 'YYYYMMDD')
        ORDER BY relname
    LOOP
        EXECUTE format('DROP TABLE public.%I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    _create_api_requests()
    op.create_index(
        op.f("ix_api_requests_user_id_requested_at_request_id"),
        "api_requests",
        ["user_id", "requested_at", "request_id"],
    )
    for statement, signature in ((_CREATE_PARTITIONS, _CREATE), (_DROP_PARTITIONS, _DROP)):
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION public.{signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION public.{signature} TO {_APP_ROLE}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION public.{_DROP}")
    op.execute(f"DROP FUNCTION public.{_CREATE}")
    op.drop_table("api_requests")


def _create_api_requests() -> None:
    op.create_table(
        "api_requests",
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("route", sa.String(255), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("auth_outcome", sa.String(64), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("request_bytes", sa.BigInteger(), nullable=False),
        sa.Column("response_bytes", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("rate_limited", sa.Boolean(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("upstream", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("requested_at", "request_id", name=op.f("pk_api_requests")),
        sa.CheckConstraint("status BETWEEN 100 AND 599", name=op.f("ck_api_requests_status_is_one_of_http")),
        sa.CheckConstraint("duration_us >= 0", name=op.f("ck_api_requests_duration_is_not_negative")),
        sa.CheckConstraint(
            "request_bytes >= 0 AND response_bytes >= 0", name=op.f("ck_api_requests_bytes_are_not_negative")
        ),
        sa.CheckConstraint(
            "session_id IS NULL OR user_id IS NOT NULL", name=op.f("ck_api_requests_session_is_of_a_user")
        ),
        sa.CheckConstraint(f"auth_outcome IN ({_OUTCOMES})", name=op.f("ck_api_requests_auth_outcome")),
        postgresql_partition_by="RANGE (requested_at)",
    )
