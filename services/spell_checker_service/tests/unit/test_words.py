import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.spell_checker_service.domain import LONGEST_WORD
from services.spell_checker_service.spelling.words import Word, words_of

LETTERS = st.text("abcxyzÅÄÖåäöéß", min_size=1, max_size=12)
WORDS = st.lists(LETTERS, min_size=1, max_size=3).map("-".join) | st.lists(LETTERS, min_size=2, max_size=2).map(
    "'".join
)
BETWEEN = st.text(" \n\t.,;:!?()\u2026\u2014\u00a0", min_size=1, max_size=4)


def words(text: str) -> list[str]:
    return [word.text for word in words_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Åsa åt en öl.", ["Åsa", "åt", "en", "öl"]),
        ("don't, won\u2019t and Anna's", ["don't", "won\u2019t", "and", "Anna's"]),
        ("'quoted' and rock'n'roll'", ["quoted", "and", "rock'n'roll"]),
        ("a well-known e-post \u2013 or not -- so", ["a", "well-known", "e-post", "or", "not", "so"]),
        ("either/or,not(this)", ["either", "or", "not", "this"]),
        ("In 1984 the 3rd B2B x_y covid-19 \u00bd", ["In", "the"]),
        ("see https://huleedu.example/a-b?c=d now", ["see", "now"]),
        ("see www.huleedu.example now", ["see", "now"]),
        ("write to anna.berg@skola.example now", ["write", "to", "now"]),
        ("na\u00efve cafe\u0301", ["na\u00efve", "cafe\u0301"]),
        (
            "\u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600 \u4f60\u597d",
            ["\u043f\u0440\u0438\u0432\u0435\u0442", "\u4f60\u597d"],
        ),
        ("\u0301 ' - _", []),
        ("a" * LONGEST_WORD, ["a" * LONGEST_WORD]),
        ("a" * (LONGEST_WORD + 1), []),
    ],
)
def test_words_are_letters_with_what_joins_them(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.lists(st.tuples(WORDS, BETWEEN)))
def test_words_are_found_again_whatever_stands_between_them(written: list[tuple[str, str]]) -> None:
    text = "".join(word + between for word, between in written)
    assert words(text) == [word for word, _ in written]


@given(st.text())
def test_of_any_text_each_word_stands_at_its_position_and_none_overlaps_the_next(text: str) -> None:
    end = 0
    for word in words_of(text):
        assert word.position >= end
        end = word.position + len(word.text)
        assert text[word.position : end] == word.text
        assert not any(character.isspace() or character.isdigit() for character in word.text)


@given(st.text("abcåäö\u0301\u030a\u0308 -'.", max_size=LONGEST_WORD))
def test_a_text_has_the_same_words_whether_its_letters_are_composed_or_not(text: str) -> None:
    assert [unicodedata.normalize("NFC", word) for word in words(text)] == words(unicodedata.normalize("NFC", text))


def test_the_parts_of_a_word_stand_at_their_own_positions() -> None:
    assert Word(7, "mother-in\u2011law").parts == (Word(7, "mother"), Word(14, "in"), Word(17, "law"))
    assert Word(7, "law").parts == (Word(7, "law"),)
