"""Texts are checked in worker processes: Hunspell holds Python's lock while it searches, and a search can take long."""

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from services.kit.worker_processes import WorkerGaveUpError, WorkerProcesses
from services.spell_checker_service.domain import FailureCode, Language
from services.spell_checker_service.refusal import TextRefusedError
from services.spell_checker_service.spelling.checking import CheckedText, TextCheck
from services.spell_checker_service.spelling.dictionary import Dictionary, HunspellDictionary
from services.spell_checker_service.spelling.learner_dictionary import learner_dictionary
from services.spell_checker_service.spelling.whitelist import Whitelist


@dataclass(frozen=True)
class TimedCheck:
    """A checked text, and how many milliseconds the check took."""

    text: CheckedText
    milliseconds: int


class Speller(Protocol):
    """Checks texts."""

    @abstractmethod
    async def check(self, language: Language, text: str, whitelist: Sequence[str]) -> TimedCheck:
        """What is wrong in the text; TextRefusedError if finding out takes too much time or memory."""


class WorkerSpeller(Speller):
    """Checks in worker processes, each of which reads the dictionary of a language when it first meets one.

    whitelist: words that are right in every text.
    """

    def __init__(self, workers: WorkerProcesses, whitelist: Sequence[str] = ()) -> None:
        self._workers = workers
        self._whitelist = tuple(whitelist)

    async def start(self) -> None:
        """Let a worker read the dictionaries now; DictionaryMissingError if one is not installed."""
        for language in Language:
            await self._workers.run(check_text, language, "", ())

    async def check(self, language: Language, text: str, whitelist: Sequence[str]) -> TimedCheck:
        """Of a worker that gives up the text is to blame: it is TEXT_TOO_COMPLEX."""
        try:
            return await self._workers.run(check_text, language, text, (*self._whitelist, *whitelist))
        except WorkerGaveUpError as error:
            message = "checking the text took too much time or memory; check it in smaller parts"
            raise TextRefusedError(FailureCode.TEXT_TOO_COMPLEX, message) from error


def check_text(language: Language, text: str, whitelist: tuple[str, ...]) -> TimedCheck:
    """In the worker: the check of one text, which need not be the worker's first of that language."""
    check = TextCheck(_dictionary(language), learner_dictionary(language), Whitelist(whitelist))
    started = time.perf_counter()
    checked = check.check(text)
    return TimedCheck(checked, round((time.perf_counter() - started) * 1000))


@cache
def _dictionary(language: Language) -> Dictionary:
    return HunspellDictionary(language)
