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


def docx_bomb(entry: str, unpacked_bytes: int) -> bytes:
    """A small docx with one entry more, which unpacks to many bytes."""
    written = io.BytesIO(docx_of(ESSAY))
    with zipfile.ZipFile(written, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, b"\0" * unpacked_bytes)
    return written.getvalue()


def docx_of_many_elements(count: int) -> bytes:
    """A docx whose body is valid, small when packed, and large as a tree."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f"<w:p><w:r><w:t>{ESSAY}</w:t></w:r></w:p>"
    body = f'<w:document xmlns:w="{namespace}"><w:body>{text}{"<w:p/>" * count}</w:body></w:document>'
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx_of(ESSAY))) as source,
        zipfile.ZipFile(written, "w", compression=zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in source.namelist():
            archive.writestr(name, body if name == "word/document.xml" else source.read(name))
    return written.getvalue()


def zip_of(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, content)
    return written.getvalue()
