"""Which parts of a text are words, and where they stand; numbers, addresses and the like are left alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.spell_checker_service.domain import LONGEST_WORD

_MARKS = "\u0300-\u036f"  # accents that stand by themselves, as in text that was never composed
_APOSTROPHES = "'\u2019"
_HYPHENS = "\u2010\u2011-"  # the one that means a range elsewhere comes last
_PART = rf"[\w{_MARKS}]+"
# The bounds keep the search linear in a text that has no spaces.
_RUN = re.compile(
    r"(?P<address>\b(?:[a-z][a-z0-9+.-]{0,15}://|www\.)\S+|[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]+)"
    rf"|(?P<run>{_PART}(?:[{_APOSTROPHES}{_HYPHENS}]{_PART})*)",
    re.IGNORECASE,
)
_BETWEEN_HYPHENS = re.compile(f"[^{_HYPHENS}]+")


@dataclass(frozen=True)
class Word:
    """A word and the place of its first character in its text, counted from 0."""

    position: int
    text: str

    @property
    def parts(self) -> tuple["Word", ...]:
        """What its hyphens join, each at its place; the word itself if it has none."""
        return tuple(Word(self.position + part.start(), part[0]) for part in _BETWEEN_HYPHENS.finditer(self.text))


def words_of(text: str) -> Iterator[Word]:
    """The words of the text, in order: letters, and the apostrophes and hyphens between them.

    What has a digit or an underscore in it, or more characters than any word has, is no word.
    """
    for found in _RUN.finditer(text):
        run = found["run"]
        if run is not None and len(run) <= LONGEST_WORD and _is_word(run):
            yield Word(found.start(), run)


def _is_word(run: str) -> bool:
    has_letter = any(character.isalpha() for character in run)
    return has_letter and not any(character.isnumeric() or character == "_" for character in run)
