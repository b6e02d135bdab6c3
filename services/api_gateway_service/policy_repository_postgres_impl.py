"""The storage of the rules by which requests are limited, in PostgreSQL."""

from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.api_gateway_service.domain import ANY, PolicyRule, RateLimitPolicy
from services.api_gateway_service.models_db import RateLimitPolicyRow
from services.api_gateway_service.protocols import PolicyRepository
from services.kit.errors import ConflictError, NotFoundError
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import page_of, record_of
from services.kit.postgres.stale_rows import refuse_stale


class PostgresPolicyRepository(PolicyRepository):
    """Works in the transaction of the session it is given; whatever changes a rule locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> tuple[RateLimitPolicy, ...]:
        """Every rule."""
        return tuple(record_of(RateLimitPolicy, row) for row in await self._session.scalars(select(RateLimitPolicyRow)))

    async def page(self, page: PageRequest) -> Page[RateLimitPolicy]:
        """The rules, oldest first."""
        found = await page_of(self._session, select(RateLimitPolicyRow), RateLimitPolicyRow.policy_id, page)
        return Page(tuple(record_of(RateLimitPolicy, row) for row in found.items), found.next_cursor)

    async def get(self, policy_id: UUID) -> RateLimitPolicy:
        """The rule; NotFoundError."""
        return record_of(RateLimitPolicy, await self._one(_with_id(policy_id)))

    async def put(self, rule: PolicyRule, *, expected_row_version: int | None = None) -> RateLimitPolicy:
        """Store the rule; whoever comes second to the same route and role waits, and changes the first one's."""
        same = select(RateLimitPolicyRow).where(
            RateLimitPolicyRow.route == rule.route, RateLimitPolicyRow.role == rule.role
        )
        if expected_row_version is None:
            await self._make_unless_there(rule)
        row = await self._one(same.with_for_update())
        refuse_stale(row, expected_row_version, f"rule {row.policy_id}")
        row.request_limit, row.period_seconds = rule.request_limit, rule.period_seconds
        await self._session.flush()
        return record_of(RateLimitPolicy, row)

    async def delete(self, policy_id: UUID, *, expected_row_version: int | None = None) -> RateLimitPolicy:
        """Remove the rule, and say what it was; ConflictError for the one that every other request falls back to."""
        row = await self._one(_with_id(policy_id).with_for_update())
        refuse_stale(row, expected_row_version, f"rule {row.policy_id}")
        if (row.route, row.role) == (ANY, ANY):
            raise ConflictError("the rule for any route and role cannot be removed: change it", code="default_policy")
        removed = record_of(RateLimitPolicy, row)
        await self._session.execute(delete(RateLimitPolicyRow).where(RateLimitPolicyRow.policy_id == policy_id))
        return removed

    async def _make_unless_there(self, rule: PolicyRule) -> None:
        unless_there = insert(RateLimitPolicyRow).values(**vars(rule))
        await self._session.execute(unless_there.on_conflict_do_nothing(index_elements=["route", "role"]))

    async def _one(self, statement: Select[RateLimitPolicyRow]) -> RateLimitPolicyRow:
        row = await self._session.scalar(statement.execution_options(populate_existing=True))
        if row is None:
            raise NotFoundError("there is no such rule")
        return row


def _with_id(policy_id: UUID) -> Select[RateLimitPolicyRow]:
    return select(RateLimitPolicyRow).where(RateLimitPolicyRow.policy_id == policy_id)
