"""Documents made on the spot: valid ones, and each kind of bad one."""

import io
import zipfile

import docx
import pypdf
from reportlab.pdfgen import canvas

ESSAY = "The old man rowed out before dawn, and nobody in the village asked him why he went alone.\n" * 3


def docx_of(*paragraphs: str, table: list[list[str]] | None = None) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        made = document.add_table(rows=len(table), cols=len(table[0]))
        for row, texts in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def pdf_of(*pages: str) -> bytes:
    written = io.BytesIO()
    pdf = canvas.Canvas(written)
    for page in pages:
        for number, line in enumerate(page.splitlines()):
            pdf.drawString(72, 800 - 14 * number, line)
        pdf.showPage()
    pdf.save()
    return written.getvalue()


def pdf_of_a_picture() -> bytes:
    written = io.BytesIO()
    pdf = canvas.Canvas(written)
    pdf.rect(100, 100, 300, 300, fill=1)
    pdf.showPage()
    pdf.save()
    return written.getvalue()


def encrypted_pdf(user_password: str, owner_password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(ESSAY)))
    writer.encrypt(user_password, owner_password, algorithm="AES-256")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def docx_bomb(unpacked_bytes: int) -> bytes:
    return _with_entry(docx_of(ESSAY), "word/media/zeros.bin", b"\0" * unpacked_bytes)


def zip_of(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, content)
    return written.getvalue()


def _with_entry(archive_bytes: bytes, name: str, content: bytes) -> bytes:
    written = io.BytesIO(archive_bytes)
    with zipfile.ZipFile(written, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()
