"""The check of a text with a dictionary of few words: which source decides, and what the corrected text is."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.spell_checker_service.domain import CorrectionSource, Finding
from services.spell_checker_service.spelling.checking import MOST_WORDS_WITH_SUGGESTIONS, CheckedText, TextCheck
from services.spell_checker_service.spelling.dictionary import Dictionary
from services.spell_checker_service.spelling.whitelist import Whitelist

KNOWN = {"the", "cat", "sat", "well", "known"}
SUGGESTIONS = {"cta": ("cat", "sat"), "knwon": ("known",), "Cta": ("cat",), "CTA": ("CAT",)}
LEARNER: Mapping[str, str] = MappingProxyType({"teh": "the", "alot": "a lot"})
DICTIONARY, LEARNERS, WHITELIST = (
    CorrectionSource.DICTIONARY,
    CorrectionSource.LEARNER_DICTIONARY,
    CorrectionSource.WHITELIST,
)


class FewWords(Dictionary):
    """A dictionary that remembers what it was asked for."""

    def __init__(self, known: Collection[str] = frozenset(KNOWN)) -> None:
        self._known = known
        self.asked: list[str] = []

    def knows(self, word: str) -> bool:
        return word.lower() in self._known

    def suggestions(self, word: str) -> tuple[str, ...]:
        self.asked.append(word)
        return SUGGESTIONS.get(word, ())


def checked(text: str, *whitelist: str, learner: Mapping[str, str] = LEARNER) -> CheckedText:
    return TextCheck(FewWords(), learner, Whitelist(whitelist)).check(text)


def test_a_text_without_errors_stays_as_it_is() -> None:
    assert checked("The cat sat.") == CheckedText(3, (), "The cat sat.")


def test_a_word_that_the_dictionary_does_not_know_becomes_its_first_suggestion() -> None:
    assert checked("The cta sat.") == CheckedText(
        3, (Finding(4, "cta", "cat", ("cat", "sat"), DICTIONARY),), "The cat sat."
    )


def test_a_word_for_which_nobody_knows_better_stays_and_is_told() -> None:
    assert checked("The zzz sat.") == CheckedText(3, (Finding(4, "zzz", None, (), DICTIONARY),), "The zzz sat.")


def test_a_common_error_becomes_what_learners_mean_by_it_also_of_several_words() -> None:
    assert checked("Alot sat") == CheckedText(2, (Finding(0, "Alot", "A lot", ("A lot",), LEARNERS),), "A lot sat")


def test_a_common_error_is_one_even_if_the_dictionary_happens_to_know_it() -> None:
    (finding,) = checked("sat", learner={"sat": "cat"}).findings
    assert (finding.corrected_word, finding.source) == ("cat", LEARNERS)


@pytest.mark.parametrize("word", ["Cta", "cta", "CTA", "ctas", "cta's", "cta\u2019s", "teh"])
def test_what_the_whitelist_allows_stays_and_is_told(word: str) -> None:
    assert checked(word, "Cta", "Teh") == CheckedText(1, (Finding(0, word, None, (), WHITELIST),), word)


def test_the_whitelist_says_nothing_of_words_that_are_right_anyway() -> None:
    assert not checked("cat", "cat").findings


def test_corrections_keep_the_case_of_the_word() -> None:
    assert checked("Cta CTA TEH").corrected == "Cat CAT THE"


def test_of_a_word_with_hyphens_its_parts_are_judged() -> None:
    assert checked("sat well-knwon-teh") == CheckedText(
        2,
        (Finding(9, "knwon", "known", ("known",), DICTIONARY), Finding(15, "teh", "the", ("the",), LEARNERS)),
        "sat well-known-the",
    )


def test_a_word_with_hyphens_that_a_list_has_as_a_whole_is_not_taken_apart() -> None:
    assert checked("cta-cta", "Cta-Cta").findings == (Finding(0, "cta-cta", None, (), WHITELIST),)


def test_a_suggestion_that_changes_nothing_is_none() -> None:
    (finding,) = TextCheck(FewWords(), {"mcd": "McD"}, Whitelist(())).check("McD").findings
    assert (finding.corrected_word, finding.suggestions) == (None, ())


def test_a_text_with_more_errors_than_any_has_gets_suggestions_for_the_first_of_them_only() -> None:
    different = [f"z{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}" for n in range(200)]
    dictionary = FewWords()
    result = TextCheck(dictionary, {}, Whitelist(())).check(" ".join([*different, *different]))
    assert len(result.findings) == 400
    assert set(dictionary.asked) == set(different[:MOST_WORDS_WITH_SUGGESTIONS])


@given(
    st.lists(
        st.sampled_from(["cat", "cta", "Cta", "teh", "alot", "zzz", "well-knwon", " ", "\n", ", ", "7", "\U0001f600"])
    )
)
def test_corrections_change_their_own_words_and_nothing_else(pieces: list[str]) -> None:
    text = "".join(pieces)
    result = checked(text)
    rest, end = [], 0
    for finding in result.findings:
        assert text[finding.position :].startswith(finding.original_word)
        rest += [text[end : finding.position], finding.corrected_word or finding.original_word]
        end = finding.position + len(finding.original_word)
    assert result.corrected == "".join([*rest, text[end:]])
    assert checked(result.corrected).total_words >= result.total_words
