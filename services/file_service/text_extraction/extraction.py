"""From bytes and a name to valid text, or to the reason why there is none."""

from dataclasses import dataclass

from services.file_service.text_extraction.docx_text import text_of_docx
from services.file_service.text_extraction.kind import UNKNOWN_MEDIA_TYPE, DocumentKind, kind_of, media_type_of
from services.file_service.text_extraction.pdf_text import text_of_pdf
from services.file_service.text_extraction.plain_text import text_of_txt
from services.file_service.text_extraction.rejection import DocumentRejectedError, Rejection, ValidationCode

FEWEST_CHARACTERS = 50
MOST_CHARACTERS = 50_000
TYPE_IN_DOUBT = frozenset(
    {
        ValidationCode.EMPTY_FILE,
        ValidationCode.UNREADABLE,
        ValidationCode.UNSUPPORTED_TYPE,
        ValidationCode.TYPE_MISMATCH,
    }
)


@dataclass(frozen=True)
class Document:
    """A document whose text was read: its media type and the text without the space around it."""

    media_type: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What reading a document came to: the media type its bytes show, and why it is not valid if it is not."""

    media_type: str
    rejection: Rejection | None


def judge_document(filename: str, content: bytes) -> Verdict:
    """The verdict on any name and any bytes; nothing is raised."""
    try:
        return Verdict(read_document(filename, content).media_type, None)
    except DocumentRejectedError as error:
        in_doubt = error.rejection.code in TYPE_IN_DOUBT
        return Verdict(UNKNOWN_MEDIA_TYPE if in_doubt else media_type_of(content), error.rejection)


def read_document(filename: str, content: bytes) -> Document:
    """The document in `content`, its text of 50 to 50,000 characters; DocumentRejectedError for everything else."""
    if not content:
        raise DocumentRejectedError(ValidationCode.EMPTY_FILE, "the file is empty; send one with text in it")
    kind = kind_of(filename, content)
    text = _text(kind, content).strip()
    _check_length(text)
    return Document(kind.media_type, text)


def _text(kind: DocumentKind, content: bytes) -> str:
    try:
        if kind is DocumentKind.DOCX:
            return text_of_docx(content)
        if kind is DocumentKind.PDF:
            return text_of_pdf(content, MOST_CHARACTERS)
        return text_of_txt(content)
    except DocumentRejectedError:
        raise
    except MemoryError as error:
        raise DocumentRejectedError(
            ValidationCode.TOO_COMPLEX, "reading the file took too much memory; remove what is embedded in it"
        ) from error
    except Exception as error:
        # The parsers meet hostile bytes: besides their own errors they raise KeyError, RecursionError, zlib.error …
        raise DocumentRejectedError(
            ValidationCode.UNREADABLE, f"the {kind.extension} file is damaged; save it again and resend it"
        ) from error


def _check_length(text: str) -> None:
    if not text:
        raise DocumentRejectedError(
            ValidationCode.NO_TEXT, "the file holds no text; a scanned page is a picture, send the text itself"
        )
    if len(text) < FEWEST_CHARACTERS:
        raise DocumentRejectedError(
            ValidationCode.TOO_SHORT, f"the text has {len(text)} characters; at least {FEWEST_CHARACTERS} are needed"
        )
    if len(text) > MOST_CHARACTERS:
        raise DocumentRejectedError(
            ValidationCode.TOO_LONG, f"the text has {len(text)} characters; at most {MOST_CHARACTERS} are allowed"
        )
