"""Words that are right because somebody says so: names, and terms that no dictionary has."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

_GENITIVES = ("'s", "s", "'")


def looked_up(word: str) -> str:
    """The word as word lists have it: composed, with straight apostrophes."""
    return unicodedata.normalize("NFC", word).replace("\u2019", "'")


class Whitelist:
    """Knows its words in any case, and their genitives: with Björk also Björks and Björk's."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(looked_up(word).casefold() for word in words)

    def __contains__(self, word: str) -> bool:
        wanted = looked_up(word).casefold()
        stems = (wanted.removesuffix(ending) for ending in _GENITIVES)
        return wanted in self._words or any(stem in self._words for stem in stems)


def words_of_file(path: Path | None) -> tuple[str, ...]:
    """The words of a file in UTF-8, one a line, none if there is no file."""
    if path is None:
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if (word := line.strip()))
