"""The storage of configurations in PostgreSQL; versions of one target count without a gap."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.material_queries import of_target, readable
from services.cj_assessment_service.materials import AssessmentConfig, NewConfig, Target, refuse_course_config
from services.cj_assessment_service.models_db import AssessmentConfigRow
from services.cj_assessment_service.protocols import AssessmentConfigRepository
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import page_of, record_of


class PostgresAssessmentConfigRepository(AssessmentConfigRepository):
    """Works in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_version(self, caller: Caller, new: NewConfig) -> AssessmentConfig:
        """Store the target's next version; ForbiddenError for a course, NotFoundError for another's assignment."""
        refuse_course_config(caller, new.target)
        await self._wait_in_line(new.target)
        version = await self._next_version(caller, new.target)
        row = AssessmentConfigRow(
            config_id=new.config_id,
            version=version,
            instructions=new.instructions,
            grade_scale=new.grade_scale,
            grades=new.grades,
            user_id=caller.user_id,
            shared=caller.is_admin,
            **vars(new.target),
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return record_of(AssessmentConfig, row)

    async def get(self, caller: Caller, config_id: UUID) -> AssessmentConfig:
        """The version of that id; NotFoundError."""
        row = await self._session.scalar(
            readable(caller, AssessmentConfigRow).where(AssessmentConfigRow.config_id == config_id)
        )
        if row is None:
            raise NotFoundError(f"there is no assessment config {config_id}")
        return record_of(AssessmentConfig, row)

    async def newest(self, caller: Caller, target: Target) -> AssessmentConfig | None:
        """The target's newest version that the caller may read, None if there is none."""
        versions = readable(caller, AssessmentConfigRow).where(of_target(target))
        row = await self._session.scalar(versions.order_by(AssessmentConfigRow.version.desc()).limit(1))
        return None if row is None else record_of(AssessmentConfig, row)

    async def list_configs(self, caller: Caller, target: Target | None, page: PageRequest) -> Page[AssessmentConfig]:
        """The versions that the caller may read, oldest first."""
        configs = readable(caller, AssessmentConfigRow)
        if target is not None:
            configs = configs.where(of_target(target))
        found = await page_of(self._session, configs, AssessmentConfigRow.config_id, page)
        return Page(tuple(record_of(AssessmentConfig, row) for row in found.items), found.next_cursor)

    async def _next_version(self, caller: Caller, target: Target) -> int:
        """The number after the newest; NotFoundError unless the caller wrote the target's first version."""
        row = AssessmentConfigRow
        owner = await self._session.scalar(select(row.user_id).where(of_target(target), row.version == 1))
        if owner is None:
            return 1
        if not caller.may_touch(owner):
            raise NotFoundError(f"{target} is not yours to configure")
        newest = select(row.version).where(of_target(target)).order_by(row.version.desc()).limit(1)
        return (await self._session.scalars(newest)).one() + 1

    async def _wait_in_line(self, target: Target) -> None:
        """Hold others who write for this target off until this transaction ends: there may be no row yet to lock."""
        line = func.hashtextextended(f"configuration of {target}", 0)
        await self._session.execute(select(func.pg_advisory_xact_lock(line)))
