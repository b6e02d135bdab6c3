import codecs

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.file_service.tests.documents import (
    ESSAY,
    docx_bomb,
    docx_of,
    encrypted_pdf,
    pdf_of,
    pdf_of_a_picture,
    zip_of,
)
from services.file_service.text_extraction.docx_text import MOST_BYTES_UNPACKED, MOST_XML_BYTES
from services.file_service.text_extraction.extraction import judge_document, read_document
from services.file_service.text_extraction.kind import OLE_SIGNATURE, OLE_STREAM_OF_ENCRYPTED_DOCX
from services.file_service.text_extraction.pdf_text import MOST_PAGES
from services.file_service.text_extraction.rejection import DocumentRejectedError, ValidationCode

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONG_ENOUGH = {"min_size": 50, "max_size": 300}
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
LATIN_1_LETTERS = st.characters(codec="latin-1", exclude_categories=["Cc"])


def code_of(filename: str, content: bytes) -> ValidationCode:
    with pytest.raises(DocumentRejectedError) as raised:
        read_document(filename, content)
    return raised.value.rejection.code


def text_with(length_of: int) -> str:
    return "a" * length_of


@pytest.mark.parametrize("length", [50, 51, 49_999, 50_000])
def test_text_of_an_allowed_length_is_read(length: int) -> None:
    assert read_document("essay.txt", text_with(length).encode()).text == text_with(length)


@pytest.mark.parametrize(
    ("length", "code"),
    [
        (0, ValidationCode.EMPTY_FILE),
        (1, ValidationCode.TOO_SHORT),
        (49, ValidationCode.TOO_SHORT),
        (50_001, ValidationCode.TOO_LONG),
    ],
)
def test_text_of_another_length_is_rejected(length: int, code: ValidationCode) -> None:
    assert code_of("essay.txt", text_with(length).encode()) is code


def test_space_around_the_text_does_not_count() -> None:
    assert code_of("essay.txt", b" " * 100 + b"too short" + b"\n" * 100) is ValidationCode.TOO_SHORT
    assert code_of("essay.txt", b" \n" * 100) is ValidationCode.NO_TEXT


@given(text=st.text(LETTERS, **LONG_ENOUGH), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_any_text_round_trips_in_unicode(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    assume(len(text.strip()) >= 50)
    assume(not content.startswith((b"%PDF-", b"{\\rtf", codecs.BOM_UTF8 + codecs.BOM_UTF8)))
    assume(encoding != "utf-8" or not text.startswith("\ufeff"))
    assert read_document("essay.txt", content).text == text.strip()


@given(text=st.text(LATIN_1_LETTERS, **LONG_ENOUGH))
@example("Jag såg en älg på ön, sade hon, och alla kände igen björnen i berättelsen.")
def test_any_text_round_trips_in_latin_1(text: str) -> None:
    content = text.encode("latin-1")
    assume(len(text.strip()) >= 50)
    assume(not content.startswith((b"%PDF-", b"{\\rtf", b"\xff\xfe", b"\xfe\xff", codecs.BOM_UTF8, b"\xff\xd8\xff")))
    assume(not _is_utf_8_as_well(content))
    assert read_document("essay.txt", content).text == text.strip()


def _is_utf_8_as_well(content: bytes) -> bool:
    try:
        return content.decode() != content.decode("latin-1")
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_in_the_right_byte_order(encoding: str) -> None:
    assert read_document("essay.txt", ESSAY.encode(encoding)).text == ESSAY.strip()


def test_an_encoding_that_only_a_guess_finds_is_guessed() -> None:
    text = "Однажды весною, в час небывало жаркого заката, в Москве появились два гражданина. Эхо. " * 4
    assert read_document("essay.txt", text.encode("cp1251")).text  # as some single-byte text of the same length
    assert read_document("essay.txt", ("吾輩は猫である。名前はまだ無い。" * 6).encode("shift_jis")).text


@pytest.mark.parametrize("content", [bytes(range(256)), b"\0" * 80, b"\x01\x02 text " * 20, b"text \x07" * 20])
def test_binary_content_is_unreadable(content: bytes) -> None:
    assert code_of("essay.txt", content) is ValidationCode.UNREADABLE


def test_a_docx_is_read_with_its_tables() -> None:
    document = read_document("essay.docx", docx_of(ESSAY.strip(), table=[["left", "right"], ["low", "high"]]))
    assert document.media_type == WORD
    assert document.text == "\n".join([ESSAY.strip(), "left", "right", "low", "high"])


def test_a_pdf_is_read_page_by_page() -> None:
    document = read_document("essay.pdf", pdf_of(ESSAY, "and a second page"))
    assert document.media_type == "application/pdf"
    assert document.text.split() == (ESSAY + "and a second page").split()


def test_a_pdf_that_anyone_may_read_but_not_change_is_read() -> None:
    assert read_document("essay.pdf", encrypted_pdf("", "owner")).text.split() == ESSAY.split()


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("essay.pdf", encrypted_pdf("secret", "owner"), ValidationCode.ENCRYPTED),
        ("essay.docx", OLE_SIGNATURE + OLE_STREAM_OF_ENCRYPTED_DOCX, ValidationCode.ENCRYPTED),
        ("essay.pdf", pdf_of_a_picture(), ValidationCode.NO_TEXT),
        ("essay.docx", docx_of(""), ValidationCode.NO_TEXT),
        ("essay.pdf", pdf_of(ESSAY)[:400], ValidationCode.UNREADABLE),
        ("essay.docx", docx_of(ESSAY)[:2000], ValidationCode.UNREADABLE),
        ("essay.docx", zip_of("word/document.xml", b"<no xml"), ValidationCode.UNREADABLE),
        ("essay.docx", zip_of("hello.txt", ESSAY.encode()), ValidationCode.UNSUPPORTED_TYPE),
        ("essay.docx", OLE_SIGNATURE + b"WordDocument", ValidationCode.UNSUPPORTED_TYPE),
        ("essay.doc", OLE_SIGNATURE + b"WordDocument", ValidationCode.UNSUPPORTED_TYPE),
        ("essay.exe", ESSAY.encode(), ValidationCode.UNSUPPORTED_TYPE),
        ("essay.txt", b"\x89PNG\r\n\x1a\n" + b"0" * 90, ValidationCode.UNSUPPORTED_TYPE),
        ("essay.txt", pdf_of(ESSAY), ValidationCode.TYPE_MISMATCH),
        ("essay.pdf", ESSAY.encode(), ValidationCode.TYPE_MISMATCH),
        ("essay.docx", pdf_of(ESSAY), ValidationCode.TYPE_MISMATCH),
        ("essay.docx", docx_bomb("zeros.bin", MOST_BYTES_UNPACKED), ValidationCode.TOO_COMPLEX),
        ("essay.docx", docx_bomb("word/zeros.xml", MOST_XML_BYTES), ValidationCode.TOO_COMPLEX),
        ("essay.pdf", pdf_of(*["page"] * (MOST_PAGES + 1)), ValidationCode.TOO_COMPLEX),
        ("essay.pdf", pdf_of(*[ESSAY] * 300), ValidationCode.TOO_LONG),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_bad_document_has_its_code(filename: str, content: bytes, code: ValidationCode) -> None:
    assert code_of(filename, content) is code


@pytest.mark.parametrize("filename", ["essay", "Anna B. Svensson", "essay v1.2", "essay.TXT", "è.txt", ".txt"])
def test_a_name_without_an_extension_leaves_the_kind_to_the_content(filename: str) -> None:
    assert read_document(filename, ESSAY.encode()).media_type == "text/plain"


BEGINNINGS = st.sampled_from(
    [b"", b"%PDF-1.7\n", b"PK\x03\x04", OLE_SIGNATURE, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE]
)


@given(filename=st.text(max_size=20), beginning=BEGINNINGS, rest=st.binary(max_size=500))
def test_no_bytes_and_no_name_raise_anything_but_a_rejection(filename: str, beginning: bytes, rest: bytes) -> None:
    verdict = judge_document(filename, beginning + rest)
    assert verdict.rejection is None or verdict.rejection.message


DAMAGED = st.tuples(st.sampled_from([docx_of(ESSAY), pdf_of(ESSAY)]), st.integers(0, 2**20), st.binary(max_size=40))


@given(damage=DAMAGED)
def test_no_damage_to_a_document_raises_anything_but_a_rejection(damage: tuple[bytes, int, bytes]) -> None:
    content, position, replacement = damage
    at = position % len(content)
    verdict = judge_document("essay", content[:at] + replacement + content[at + len(replacement) :])
    assert verdict.rejection is None or verdict.rejection.message
