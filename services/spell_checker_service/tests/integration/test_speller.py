"""Real worker processes with real dictionaries, and the bounds on what they may take."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.kit.worker_processes import WorkerProcesses
from services.spell_checker_service.domain import CorrectionSource, FailureCode, Language
from services.spell_checker_service.refusal import TextRefusedError
from services.spell_checker_service.spelling.speller import Speller, WorkerSpeller

# Each of these words takes Hunspell's whole search.
MANY_ERRORS = " ".join(f"q{first}{second}xz{second}{first}q" for first in "abcdefgh" for second in "abcdefgh")


@asynccontextmanager
async def workers(seconds: float) -> AsyncIterator[WorkerProcesses]:
    made = WorkerProcesses(workers=1, seconds=seconds, memory_bytes=1 << 30)
    try:
        yield made
    finally:
        await made.close()


async def test_both_languages_are_checked(speller: Speller) -> None:
    english = await speller.check(Language.ENGLISH, "A lettter to Åsa", ["Åsa"])
    swedish = await speller.check(Language.SWEDISH, "Ett brevv till Åsa", [])
    assert english.text.corrected == "A letter to Åsa"
    assert swedish.text.corrected.startswith("Ett brev")
    assert english.milliseconds >= 0


async def test_words_of_the_service_are_right_in_every_text() -> None:
    async with workers(60.0) as made:
        check = await WorkerSpeller(made, ["Zlatanq"]).check(Language.ENGLISH, "Zlatanq Berqq", ["Berqq"])
    assert [finding.source for finding in check.text.findings] == [CorrectionSource.WHITELIST] * 2


async def test_a_text_that_takes_too_long_is_refused() -> None:
    async with workers(0.5) as made:
        with pytest.raises(TextRefusedError) as refused:
            await WorkerSpeller(made).check(Language.SWEDISH, MANY_ERRORS, [])
    assert refused.value.failure.code is FailureCode.TEXT_TOO_COMPLEX
