import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from services.file_service.filenames import LONGEST_FILENAME, attachment_header, clean_filename


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("essay.txt", "essay.txt"),
        (" essay.txt ", "essay.txt"),
        ("C:\\Users\\anna\\essay.txt", "essay.txt"),
        ("../../etc/passwd", "passwd"),
        ("uppsats om björnar.docx", "uppsats om björnar.docx"),
        ("bjo\u0308rn.txt", "björn.txt"),
        ('say "hi"; x=y.txt', 'say "hi"; x=y.txt'),
        ("作文.pdf", "作文.pdf"),
        ("a" * LONGEST_FILENAME, "a" * LONGEST_FILENAME),
    ],
)
def test_a_name_is_kept_without_its_folders(sent: str, kept: str) -> None:
    assert clean_filename(sent) == kept


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (None, "no name"),
        ("", "no name"),
        ("  ", "no name"),
        ("folder/", "no name"),
        ("..", "no name"),
        ("a" * (LONGEST_FILENAME + 1), "256 characters"),
        ("es\0say.txt", "control characters"),
        ("essay\r\nSet-Cookie: x.txt", "control characters"),
        ("essay\ud800.txt", "broken Unicode"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_with_the_reason(sent: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        clean_filename(sent)


@given(sent=st.text(max_size=300))
def test_any_name_is_kept_clean_or_refused(sent: str) -> None:
    try:
        kept = clean_filename(sent)
    except ValueError:
        return
    assert 0 < len(kept) <= LONGEST_FILENAME
    assert kept == clean_filename(kept)
    assert kept.isprintable() or all(unicodedata.category(each) not in {"Cc", "Cs"} for each in kept)


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=100)


@given(name=NAMES)
def test_a_header_is_plain_ascii_and_gives_the_name_back(name: str) -> None:
    header = attachment_header(name)
    assert header.isascii()
    assert header.isprintable()
    disposition, options = parse_options_header(header)
    assert (disposition, options["filename"]) == ("attachment", name)
