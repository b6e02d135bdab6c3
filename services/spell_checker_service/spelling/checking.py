"""The check of one text: what is wrong in it, what it should be, and the text with all of it corrected."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.spell_checker_service.domain import CorrectionSource, Finding
from services.spell_checker_service.spelling.casing import written_like
from services.spell_checker_service.spelling.dictionary import Dictionary
from services.spell_checker_service.spelling.whitelist import Whitelist, looked_up
from services.spell_checker_service.spelling.words import Word, words_of

# Different words of one text. More unknown ones are no errors any more but another language, and suggestions for them
# would take minutes.
MOST_WORDS_WITH_SUGGESTIONS = 150


@dataclass(frozen=True)
class CheckedText:
    """What a text's check found; `corrected` is the text with each finding's correction in its place."""

    total_words: int
    findings: tuple[Finding, ...]
    corrected: str


@dataclass
class TextCheck:
    """Knows what is right in one text, and what is meant by what is not; made anew for each text."""

    dictionary: Dictionary
    learner_dictionary: Mapping[str, str]
    whitelist: Whitelist
    _suggested: set[str] = field(default_factory=set)

    def check(self, text: str) -> CheckedText:
        """The text's words, one by one."""
        words = list(words_of(text))
        findings = tuple(finding for word in words for finding in self._findings_in(word))
        return CheckedText(len(words), findings, corrected(text, findings))

    def _findings_in(self, word: Word) -> list[Finding]:
        """What is wrong with it; of a word with hyphens that no list knows as a whole its parts are judged."""
        source = self._source(word.text)
        if source is CorrectionSource.DICTIONARY and len(word.parts) > 1:
            return [finding for part in word.parts for finding in self._findings_in(part)]
        return [] if source is None else [self._finding(word, source)]

    def _source(self, word: str) -> CorrectionSource | None:
        """Who has something to say about the word, None if it is right."""
        is_common_error = looked_up(word).lower() in self.learner_dictionary
        if not is_common_error and self.dictionary.knows(word):
            return None
        if word in self.whitelist:
            return CorrectionSource.WHITELIST
        return CorrectionSource.LEARNER_DICTIONARY if is_common_error else CorrectionSource.DICTIONARY

    def _finding(self, word: Word, source: CorrectionSource) -> Finding:
        """The word with what it may mean, written as its writer would; the first of these corrects it."""
        written = (written_like(suggestion, word.text) for suggestion in self._meanings(word.text, source))
        different = tuple(dict.fromkeys(suggestion for suggestion in written if suggestion != word.text))
        return Finding(word.position, word.text, different[0] if different else None, different, source)

    def _meanings(self, word: str, source: CorrectionSource) -> tuple[str, ...]:
        if source is CorrectionSource.WHITELIST:
            return ()
        if source is CorrectionSource.LEARNER_DICTIONARY:
            return (self.learner_dictionary[looked_up(word).lower()],)
        return self._suggestions(word)

    def _suggestions(self, word: str) -> tuple[str, ...]:
        wanted = looked_up(word)
        if wanted not in self._suggested and len(self._suggested) == MOST_WORDS_WITH_SUGGESTIONS:
            return ()
        self._suggested.add(wanted)
        return self.dictionary.suggestions(wanted)


def corrected(text: str, findings: tuple[Finding, ...]) -> str:
    """The text with the findings' corrections in their places, everything between them as it was."""
    pieces, end = [], 0
    for finding in findings:
        if finding.corrected_word is not None:
            pieces += [text[end : finding.position], finding.corrected_word]
            end = finding.position + len(finding.original_word)
    return "".join([*pieces, text[end:]])
