"""Configurations and anchors in PostgreSQL: versions without a gap, and who may read and write them."""

import asyncio
from uuid import UUID, uuid4

import pytest

from services.cj_assessment_service.anchor_repository_postgres_impl import PostgresAnchorRepository
from services.cj_assessment_service.assessment_config_repository_postgres_impl import PostgresAssessmentConfigRepository
from services.cj_assessment_service.batches import NewEssay
from services.cj_assessment_service.materials import AssessmentConfig, NewConfig, Target
from services.cj_assessment_service.tests.stored import Stored, new_anchor, new_essays
from services.kit.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.paging import PageRequest
from services.kit.postgres.errors import broken_constraint
from tests.support.callers import HEAD, OWNER, STRANGER

ALL = PageRequest()
AT_ONCE = 12


def _new_config(target: Target, instructions: str = "Which is better?") -> NewConfig:
    return NewConfig(uuid4(), target, instructions, "letters", ["F", "A"])


async def _configured(stored: Stored, target: Target, caller: Caller = OWNER) -> AssessmentConfig:
    async with stored.use(PostgresAssessmentConfigRepository) as configs:
        return await configs.add_version(caller, _new_config(target))


@pytest.mark.parametrize("caller", [OWNER, HEAD])
async def test_versions_of_a_target_count_on_and_those_before_stay(stored: Stored, caller: Caller) -> None:
    target = Target(uuid4())
    first, second = [await _configured(stored, target, caller) for _ in range(2)]
    async with stored.use(PostgresAssessmentConfigRepository) as configs:
        assert await configs.get(caller, first.config_id) == first
        assert await configs.newest(caller, target) == second
        page = await configs.list_configs(caller, target, PageRequest(limit=1))
        rest = await configs.list_configs(caller, target, PageRequest.of(1, page.next_cursor))
    assert (page.items, rest.items) == ((first,), (second,))
    assert (first.version, second.version, first.shared) == (1, 2, caller.is_admin)


async def test_versions_written_at_once_leave_no_gap(stored: Stored) -> None:
    target = Target(uuid4())
    written = await asyncio.gather(*(_configured(stored, target) for _ in range(AT_ONCE)))
    assert sorted(each.version for each in written) == list(range(1, AT_ONCE + 1))


async def test_an_assignment_stays_its_first_writer_s_when_an_admin_wrote_the_newest_version(stored: Stored) -> None:
    target = Target(uuid4())
    versions = [(await _configured(stored, target, caller)).version for caller in (OWNER, HEAD, OWNER)]
    assert versions == [1, 2, 3]


async def test_a_course_is_configured_by_admins_and_read_by_all(stored: Stored) -> None:
    target = Target(course_code=f"course {uuid4()}")
    with pytest.raises(ForbiddenError):
        await _configured(stored, target)
    config = await _configured(stored, target, HEAD)
    async with stored.use(PostgresAssessmentConfigRepository) as configs:
        assert await configs.newest(STRANGER, target) == config
        assert config in (await configs.list_configs(STRANGER, None, ALL)).items


async def test_another_s_assignment_is_neither_read_nor_configured(stored: Stored) -> None:
    target = Target(uuid4())
    config = await _configured(stored, target)
    with pytest.raises(NotFoundError):
        await _configured(stored, target, STRANGER)
    async with stored.use(PostgresAssessmentConfigRepository) as configs:
        assert await configs.newest(STRANGER, target) is None
        assert (await configs.list_configs(STRANGER, target, ALL)).items == ()
        with pytest.raises(NotFoundError):
            await configs.get(STRANGER, config.config_id)
        with pytest.raises(NotFoundError):
            await configs.get(OWNER, uuid4())


async def test_a_scale_of_one_grade_is_refused(stored: Stored) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        async with stored.use(PostgresAssessmentConfigRepository) as configs:
            await configs.add_version(OWNER, NewConfig(uuid4(), Target(uuid4()), "x", "letters", ["A"]))
    assert broken_constraint(refused.value) == "ck_assessment_configs_a_scale_has_two_grades_at_least"


async def test_anchors_are_read_by_their_owner_and_those_of_admins_by_all(stored: Stored) -> None:
    assignment_id = uuid4()
    async with stored.use(PostgresAnchorRepository) as anchors:
        own = await anchors.add(OWNER, new_anchor(assignment_id))
        shared = await anchors.add(HEAD, new_anchor(assignment_id, label="shared"))
        assert await anchors.of_assignment(OWNER, assignment_id) == (own, shared)
        assert await anchors.of_assignment(STRANGER, assignment_id) == (shared,)
        assert (await anchors.list_anchors(STRANGER, assignment_id, ALL)).items == (shared,)
        assert shared in (await anchors.list_anchors(HEAD, None, ALL)).items
        assert await anchors.get(STRANGER, shared.anchor_id) == shared
        for caller, anchor_id in ((STRANGER, own.anchor_id), (OWNER, uuid4())):
            with pytest.raises(NotFoundError):
                await anchors.get(caller, anchor_id)
            with pytest.raises(NotFoundError):
                await anchors.remove(caller, anchor_id)
        with pytest.raises(NotFoundError):
            await anchors.remove(STRANGER, shared.anchor_id)


async def test_a_label_is_a_user_s_once_in_an_assignment_on_a_scale(stored: Stored) -> None:
    assignment_id = uuid4()

    async def add(grade_scale: str, caller: Caller = OWNER) -> UUID:
        async with stored.use(PostgresAnchorRepository) as anchors:
            return (await anchors.add(caller, new_anchor(assignment_id, grade_scale=grade_scale))).anchor_id

    *same, scale, user = await asyncio.gather(
        *(add("letters") for _ in range(6)), add("numbers"), add("letters", STRANGER), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError) for each in same) == 5
    assert isinstance(scale, UUID)
    assert isinstance(user, UUID)


async def test_an_anchor_is_removed_unless_a_batch_was_compared_with_it(stored: Stored) -> None:
    assignment_id = uuid4()
    async with stored.use(PostgresAnchorRepository) as anchors:
        used = await anchors.add(OWNER, new_anchor(assignment_id))
        unused = await anchors.add(OWNER, new_anchor(assignment_id, label="unused"))
        assert await anchors.remove(OWNER, unused.anchor_id) == unused
        with pytest.raises(NotFoundError):
            await anchors.remove(OWNER, unused.anchor_id)
        assert await anchors.of_assignment(OWNER, assignment_id) == (used,)
    await stored.batch([*new_essays(1), NewEssay(used.anchor_id, used.storage_id, used.anchor_id)])
    with pytest.raises(ConflictError, match="is referred to"):
        async with stored.use(PostgresAnchorRepository) as anchors:
            await anchors.remove(OWNER, used.anchor_id)
