"""What PostgreSQL itself refuses, whoever writes."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.kit.postgres.actor import Actor
from services.spell_checker_service.tests.stored_jobs import FOUND, Jobs


async def refused_by(storage: Jobs, statement: str, **values: Any) -> str:
    """The constraint that the statement breaks."""
    with pytest.raises(IntegrityError) as refused:
        async with storage.database.session(Actor(route="test")) as session:
            await session.execute(text(statement), values)
    return str(getattr(getattr(refused.value.orig, "__cause__", None), "constraint_name", None))


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("processing_ms = -1", "processing_ms_is_not_negative"),
        ("total_words = -1", "total_words_is_not_negative"),
        ("total_corrections = -1", "total_corrections_is_not_negative"),
        ("processing_ms = NULL", "success_has_results"),
        ("corrected_storage_id = NULL", "success_has_results"),
        ("status = 'pending'", "success_has_results"),
        ("status = 'done'", "status"),
        ("language = 'de'", "language"),
        ("error_code = 'TEXT_NOT_FOUND'", "failed_for_a_reason"),
        ("error_code = 'BAD_LUCK'", "error_code"),
        ("original_storage_id = 'elsewhere'", "original_storage_id_is_lower_case_hex"),
        ("corrected_storage_id = 'elsewhere'", "corrected_storage_id_is_lower_case_hex"),
        ("request_sha256 = 'none'", "request_sha256_is_lower_case_hex"),
    ],
)
async def test_a_job_that_makes_no_sense(storage: Jobs, assignment: str, constraint: str) -> None:
    await storage.succeeded()
    assert await refused_by(storage, f"UPDATE spellcheck_jobs SET {assignment}") == f"ck_spellcheck_jobs_{constraint}"


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("position = -1", "ck_spellcheck_corrections_position_is_not_negative"),
        ("source = 'guess'", "ck_spellcheck_corrections_source"),
        ("source = 'whitelist'", "ck_spellcheck_corrections_whitelist_corrects_nothing"),
        ("job_id = gen_random_uuid()", "fk_spellcheck_corrections_job_id_spellcheck_jobs"),
        ("position = 12", "uq_spellcheck_corrections_job_id_position"),
    ],
)
async def test_a_correction_that_makes_no_sense(storage: Jobs, assignment: str, constraint: str) -> None:
    await storage.succeeded(*FOUND[:2])
    statement = f"UPDATE spellcheck_corrections SET {assignment} WHERE position = 4"
    assert await refused_by(storage, statement) == constraint
