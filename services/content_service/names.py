"""What contents and tags may be called, and the media types that their bytes may have."""

import re
import unicodedata
from uuid import uuid4

LENGTH_OF_CONTENT_ID = 32
CONTENT_ID_PATTERN = rf"^[0-9a-f]{{{LENGTH_OF_CONTENT_ID}}}$"
LONGEST_TAG_NAME = 100
LONGEST_MIME_TYPE = 255
ANY_BYTES = "application/octet-stream"

_CONTENT_ID = re.compile(rf"[0-9a-f]{{{LENGTH_OF_CONTENT_ID}}}")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MIME_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|\"[ !#-\[\]-~]*\"))*")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_NOT_IN_A_TAG = frozenset({"Cc", "Cs", "Zl", "Zp"})


def new_content_id() -> str:
    """An id that nobody has."""
    return uuid4().hex


def is_content_id(text: str) -> bool:
    """Whether a content could be called so."""
    return _CONTENT_ID.fullmatch(text) is not None


def clean_tag_name(sent: str) -> str:
    """The name composed (NFC), without space around it; ValueError says why there can be no such tag."""
    if any(unicodedata.category(character) in _NOT_IN_A_TAG for character in sent):
        raise ValueError("a tag's name is one line of text without control characters")
    name = unicodedata.normalize("NFC", sent).strip()
    if not 1 <= len(name) <= LONGEST_TAG_NAME:
        raise ValueError(f"a tag's name has 1 to {LONGEST_TAG_NAME} characters, not {len(name)}")
    return name


def mime_type_of(header: str | None) -> str:
    """The media type that a Content-Type names, parameters included; ValueError says why bytes cannot have it."""
    mime_type = (header or ANY_BYTES).strip()
    if len(mime_type) > LONGEST_MIME_TYPE or _MIME_TYPE.fullmatch(mime_type) is None:
        raise ValueError(f"is no media type of at most {LONGEST_MIME_TYPE} characters, such as text/plain")
    if mime_type.lower().startswith(_FORMS):
        raise ValueError(f"is that of a form; send the bytes alone, under their own type or {ANY_BYTES}")
    return mime_type
