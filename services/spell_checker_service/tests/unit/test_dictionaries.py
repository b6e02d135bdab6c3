"""The dictionaries that are installed, and the learners' errors beside them."""

from functools import cache

import pytest

from services.spell_checker_service.domain import CorrectionSource, Language
from services.spell_checker_service.spelling import dictionary as module
from services.spell_checker_service.spelling.checking import CheckedText, TextCheck
from services.spell_checker_service.spelling.dictionary import DictionaryMissingError, HunspellDictionary
from services.spell_checker_service.spelling.learner_dictionary import learner_dictionary
from services.spell_checker_service.spelling.whitelist import Whitelist
from services.spell_checker_service.spelling.words import words_of

read = cache(HunspellDictionary)


def checked(language: Language, text: str) -> CheckedText:
    return TextCheck(read(language), learner_dictionary(language), Whitelist(())).check(text)


@pytest.mark.parametrize(
    ("language", "text", "corrected"),
    [
        (
            "en",
            "I don\u2019t recieve lettters, becuase Anna\u2019s away.",
            "I don\u2019t receive letters, because Anna\u2019s away.",
        ),
        ("en", "A well-knwon studnet", "A well-known student"),
        ("en", "THE FREDOM OF 1984", "THE FREEDOM OF 1984"),
        ("sv", "Människorna i skolan är mycket snälla.", "Människorna i skolan är mycket snälla."),
        ("sv", "Mäniskor tykcer om skolbygnader.", "Människor tycker om skolbyggnader."),
        ("sv", "Jag a\u030at en a\u0308pple, istälet.", "Jag a\u030at en a\u0308pple, istället."),
    ],
)
def test_real_errors_are_corrected(language: str, text: str, corrected: str) -> None:
    assert checked(Language(language), text).corrected == corrected


@pytest.mark.parametrize("language", list(Language))
def test_what_a_dictionary_cannot_even_write_is_not_known_and_has_no_suggestions(language: Language) -> None:
    (finding,) = checked(language, "\u043f\u0440\u0438\u0432\u0435\u0442").findings
    assert (finding.corrected_word, finding.source) == (None, CorrectionSource.DICTIONARY)


@pytest.mark.parametrize("language", list(Language))
def test_learners_errors_are_written_as_they_are_looked_up_and_lead_to_what_the_dictionary_knows(
    language: Language,
) -> None:
    listed = learner_dictionary(language)
    assert len(listed) > 50
    for error, correction in listed.items():
        assert [word.text for word in words_of(error)] == [error.lower()]
        assert correction not in listed
        assert all(read(language).knows(word) for word in correction.split()), correction


def test_a_dictionary_that_is_not_installed_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DICTIONARIES", {Language.SWEDISH: ("tlh_QO", "no-such-package")})
    with pytest.raises(DictionaryMissingError, match=r"tlh_QO\.dic: install the package no-such-package"):
        HunspellDictionary(Language.SWEDISH)
