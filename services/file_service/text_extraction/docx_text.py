"""The text of a docx file: paragraphs, tables, content controls, in the order of the document."""

import io
import zipfile

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from services.file_service.text_extraction.rejection import DocumentRejectedError, ValidationCode

MOST_BYTES_UNPACKED = 64 * 1024 * 1024
MOST_XML_BYTES = 16 * 1024 * 1024
MOST_ENTRIES = 2_000
ENCRYPTED_ENTRY = 0x1


def text_of_docx(content: bytes) -> str:
    """The text, a line a paragraph; TOO_COMPLEX before anything is unpacked that would unpack to too much."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check_size(archive.infolist())
    document = docx.Document(io.BytesIO(content))
    # The tree is walked, not `document.paragraphs`: that leaves out tables and content controls.
    return "\n".join(_paragraph_text(document, element) for element in document.element.body.iter(qn("w:p")))


def _paragraph_text(document: Document, element: object) -> str:
    return Paragraph(element, document).text  # type: ignore[arg-type]


def _check_size(entries: list[zipfile.ZipInfo]) -> None:
    """Zipfile never unpacks more of an entry than its header states, so the stated sizes can be trusted."""
    if any(entry.flag_bits & ENCRYPTED_ENTRY for entry in entries):
        raise DocumentRejectedError(
            ValidationCode.ENCRYPTED, "the docx is protected by a password; save it without one"
        )
    if len(entries) > MOST_ENTRIES or _size(entries) > MOST_BYTES_UNPACKED or _size(_xml(entries)) > MOST_XML_BYTES:
        raise DocumentRejectedError(
            ValidationCode.TOO_COMPLEX, "the docx unpacks to far more than an essay; remove what is embedded in it"
        )


def _xml(entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """What is parsed into a tree, which takes tens of times its size in memory."""
    return [entry for entry in entries if entry.filename.endswith((".xml", ".rels"))]


def _size(entries: list[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)
