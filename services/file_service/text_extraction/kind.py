"""Which kind of document some bytes are, judged by the bytes and compared with the file's name."""

import enum
import io
import re
import zipfile

from services.file_service.text_extraction.rejection import DocumentRejectedError, ValidationCode

LOOKS_LIKE_AN_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4})$")
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_STREAM_OF_ENCRYPTED_DOCX = "EncryptedPackage".encode("utf-16-le")
DOCX_BODY = "word/document.xml"
SIGNATURES_OF_OTHERS = (b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"MZ\x90\x00", b"\x1f\x8b\x08")


class DocumentKind(enum.Enum):
    """A kind of document whose text can be read: its extension and its media type."""

    TXT = ("txt", "text/plain")
    DOCX = ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    PDF = ("pdf", "application/pdf")

    def __init__(self, extension: str, media_type: str) -> None:
        self.extension = extension
        self.media_type = media_type


UNKNOWN_MEDIA_TYPE = "application/octet-stream"


def media_type_of(content: bytes) -> str:
    """The media type that the bytes themselves show, octet-stream if it is none that the service reads."""
    try:
        return _kind_by_content(content).media_type
    except DocumentRejectedError:
        return UNKNOWN_MEDIA_TYPE


def kind_of(filename: str, content: bytes) -> DocumentKind:
    """The kind that content and name agree on; a name without an extension leaves it to the content."""
    extension = LOOKS_LIKE_AN_EXTENSION.search(filename)
    named = extension.group(1).lower() if extension else None
    if named is not None and named not in {kind.extension for kind in DocumentKind}:
        raise DocumentRejectedError(
            ValidationCode.UNSUPPORTED_TYPE, f"a .{named} file cannot be read; send a .txt, .docx or .pdf file"
        )
    kind = _kind_by_content(content)
    if named not in {None, kind.extension}:
        raise DocumentRejectedError(
            ValidationCode.TYPE_MISMATCH,
            f"the file is named .{named}, but its content is no {named}; correct the name or the content",
        )
    return kind


def _kind_by_content(content: bytes) -> DocumentKind:
    if content.startswith(b"%PDF-"):
        return DocumentKind.PDF
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_zip(content)
    if content.startswith(OLE_SIGNATURE):
        raise _rejection_of_ole(content)
    if content.startswith(SIGNATURES_OF_OTHERS):
        raise DocumentRejectedError(
            ValidationCode.UNSUPPORTED_TYPE, "the content is neither text nor docx nor pdf; send one of these"
        )
    return DocumentKind.TXT


def _kind_of_zip(content: bytes) -> DocumentKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except Exception as error:
        # A hostile archive makes zipfile raise nearly anything, down to RecursionError and struct.error.
        raise DocumentRejectedError(
            ValidationCode.UNREADABLE, "the file begins as a docx but is damaged; save it again and resend it"
        ) from error
    if DOCX_BODY not in names:
        raise DocumentRejectedError(
            ValidationCode.UNSUPPORTED_TYPE, "the file is a zip archive but no docx; send a .txt, .docx or .pdf file"
        )
    return DocumentKind.DOCX


def _rejection_of_ole(content: bytes) -> DocumentRejectedError:
    if OLE_STREAM_OF_ENCRYPTED_DOCX in content:
        return DocumentRejectedError(
            ValidationCode.ENCRYPTED, "the docx is protected by a password; save it without one"
        )
    return DocumentRejectedError(
        ValidationCode.UNSUPPORTED_TYPE, "the file is in the old binary Office format; save it as .docx"
    )
