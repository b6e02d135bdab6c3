import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.spell_checker_service.spelling.casing import written_like


@pytest.mark.parametrize(
    ("correction", "original", "expected"),
    [
        ("receive", "recieve", "receive"),
        ("receive", "Recieve", "Receive"),
        ("receive", "RECIEVE", "RECEIVE"),
        ("Stockholm", "stokholm", "Stockholm"),
        ("I", "i", "I"),
        ("a lot", "Alot", "A lot"),
        ("a lot", "ALOT", "A LOT"),
        ("or", "Å", "Or"),
        ("don't", "dont\u2019", "don\u2019t"),
        ("don't", "dont", "don't"),
        ("iPhone", "ipone", "iPhone"),
        ("älska", "ÄLSKKA", "ÄLSKA"),
    ],
)
def test_a_correction_is_written_as_the_word_was(correction: str, original: str, expected: str) -> None:
    assert written_like(correction, original) == expected


@given(st.text(), st.text())
def test_only_case_and_apostrophes_change(correction: str, original: str) -> None:
    written = written_like(correction, original)
    assert written.replace("\u2019", "'").casefold().upper() == correction.replace("\u2019", "'").casefold().upper()
