"""The dictionaries: Hunspell's, for English and Swedish."""

import os
import sysconfig
from abc import abstractmethod
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Protocol

from hunspell import Hunspell

from services.spell_checker_service.domain import Language
from services.spell_checker_service.spelling.whitelist import looked_up

# Each with the package that brings it.
_DICTIONARIES = {Language.ENGLISH: ("en_US", "chunspell"), Language.SWEDISH: ("sv_SE", "hunspell-sv")}
# Finding suggestions takes up to half a second a word, and texts repeat their errors.
_REMEMBERED = 10_000


class DictionaryMissingError(Exception):
    """A dictionary's files are not where its package should have put them; the message says what to install."""


class Dictionary(Protocol):
    """Knows the words of a language."""

    @abstractmethod
    def knows(self, word: str) -> bool:
        """Whether the word is spelled as the language spells it."""

    @abstractmethod
    def suggestions(self, word: str) -> tuple[str, ...]:
        """What the word may have been meant to be, the likeliest first."""


class HunspellDictionary(Dictionary):
    """One language's dictionary, read once; DictionaryMissingError."""

    def __init__(self, language: Language) -> None:
        name, package = _DICTIONARIES[language]
        self._hunspell = Hunspell(name, hunspell_data_dir=str(_directory(name, package)))
        self._suggestions = lru_cache(_REMEMBERED)(self._find_suggestions)

    def knows(self, word: str) -> bool:
        """False too for a word in characters that the language's dictionary cannot even write."""
        try:
            return bool(self._hunspell.spell(looked_up(word)))
        except UnicodeEncodeError:
            return False

    def suggestions(self, word: str) -> tuple[str, ...]:
        """None for a word in characters that the language's dictionary cannot even write."""
        return self._suggestions(looked_up(word))

    def _find_suggestions(self, word: str) -> tuple[str, ...]:
        try:
            return tuple(suggestion for suggestion in self._hunspell.suggest(word) if suggestion)
        except UnicodeEncodeError:
            return ()


def _directory(name: str, package: str) -> Path:
    """Where the dictionary is: among its package's files, or where packages of this interpreter put shared data."""
    wanted = f"{name}.dic"
    places = [*_installed_files(package, wanted), Path(sysconfig.get_path("data"), "share", "hunspell", wanted)]
    for place in places:
        if place.is_file():
            return Path(os.path.realpath(place.parent))
    raise DictionaryMissingError(f"there is no dictionary {wanted}: install the package {package}")


def _installed_files(package: str, wanted: str) -> list[Path]:
    try:
        listed = distribution(package).files or []
    except PackageNotFoundError:
        return []
    return [Path(str(file.locate())) for file in listed if file.name == wanted]
