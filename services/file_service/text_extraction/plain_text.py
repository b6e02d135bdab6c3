"""The text of a txt file, whichever encoding it came in."""

import codecs
import unicodedata

import charset_normalizer

from services.file_service.text_extraction.rejection import DocumentRejectedError, ValidationCode

CONTROLS_OF_TEXT = frozenset("\t\n\v\f\r\x1a\x85")
BYTE_ORDER_MARKS = (
    # UTF-32's little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MOST_BYTES_TO_GUESS_FROM = 64 * 1024


def text_of_txt(content: bytes) -> str:
    """The decoded text; DocumentRejectedError with UNREADABLE if no encoding makes text of the bytes.

    A mark decides, then UTF-8, then UTF-16 without a mark, then Windows-1252 (Latin-1 is within it); what is none of
    these is guessed by charset-normalizer from its beginning.
    """
    for encoding in _encodings(content):
        text = _decoded(content, encoding)
        if text is not None:
            return text
    raise DocumentRejectedError(
        ValidationCode.UNREADABLE, "the file is not text in any known encoding; save it as UTF-8 text"
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return (encoding,)
    if b"\0" in content:
        return _byte_orders_of_utf_16(content)
    certain = ("utf-8", "cp1252")
    return certain if _decodes(content, certain) else tuple(_guesses(content))


def _byte_orders_of_utf_16(content: bytes) -> tuple[str, str]:
    """The likelier first: of Latin letters the higher byte is zero, and either order decodes to something."""
    if content[1::2].count(0) >= content[::2].count(0):
        return ("utf-16-le", "utf-16-be")
    return ("utf-16-be", "utf-16-le")


def _decodes(content: bytes, encodings: tuple[str, ...]) -> bool:
    return any(_decoded(content, encoding) is not None for encoding in encodings)


def _guesses(content: bytes) -> list[str]:
    return [match.encoding for match in charset_normalizer.from_bytes(content[:MOST_BYTES_TO_GUESS_FROM])]


def _decoded(content: bytes, encoding: str) -> str | None:
    """The text, or None if the bytes are not of this encoding or hold what no text holds."""
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if _holds_controls(text) else text


def _holds_controls(text: str) -> bool:
    return any(unicodedata.category(each) == "Cc" and each not in CONTROLS_OF_TEXT for each in set(text))
