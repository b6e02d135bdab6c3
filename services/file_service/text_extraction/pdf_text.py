"""The text of a pdf file, page by page."""

import io

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

from services.file_service.text_extraction.rejection import DocumentRejectedError, ValidationCode

MOST_PAGES = 500


def text_of_pdf(content: bytes, most_characters: int) -> str:
    """The text of the pages, up to the page on which it exceeds `most_characters`; ENCRYPTED if it needs a password."""
    try:
        return _text(pypdf.PdfReader(io.BytesIO(content)), most_characters)
    except (FileNotDecryptedError, WrongPasswordError, DependencyError) as error:
        raise DocumentRejectedError(
            ValidationCode.ENCRYPTED, "the pdf is protected by a password; save it without one"
        ) from error


def _text(reader: pypdf.PdfReader, most_characters: int) -> str:
    if len(reader.pages) > MOST_PAGES:
        raise DocumentRejectedError(
            ValidationCode.TOO_COMPLEX, f"the pdf has {len(reader.pages)} pages; at most {MOST_PAGES} are read"
        )
    pages: list[str] = []
    characters = 0
    for page in reader.pages:
        pages.append(page.extract_text())
        characters += len(pages[-1])
        if characters > most_characters:
            break
    return "\n".join(pages)
