from pathlib import Path

import pytest

from services.spell_checker_service.spelling.whitelist import Whitelist, words_of_file


@pytest.mark.parametrize("word", ["Björk", "björk", "BJÖRK", "Björks", "Björk's", "Björk\u2019s", "Bjo\u0308rk"])
def test_a_word_is_on_it_in_any_case_and_in_the_genitive(word: str) -> None:
    assert word in Whitelist(["Björk"])


@pytest.mark.parametrize("word", ["Bjork", "Björken", "Bjö", "", "s"])
def test_another_word_is_not(word: str) -> None:
    assert word not in Whitelist(["Björk"])


def test_a_file_has_a_word_a_line(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("Björk\r\n\n  Åsa \n", encoding="utf-8")
    assert words_of_file(file) == ("Björk", "Åsa")
    assert not words_of_file(None)
