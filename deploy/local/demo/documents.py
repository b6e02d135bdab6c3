"""The demo's documents: a directory of the user's, or a few essays made here in every form that is accepted."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docx import Document as WordDocument
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

_ESSAYS = {
    "the-lighthouse": (
        "The lighthouse keeper counted the ships each evening and wrote their names into a book that nobody read.",
        "When the fog came he rang the bell by hand, and he believed that every stroke of it kept someone alive.",
    ),
    "why-we-read": (
        "A story lets us make a mistake without paying for it, which is why children ask for the same one again.",
        "We read to learn what we already know, and to find that somebody else has known it before us.",
    ),
    "skogen": (
        "Skogen börjar där vägen slutar, och den som går in måste bestämma sig för vad som är norr.",
        "Min mormor säger att träden minns, och att man därför ska hälsa på de äldsta först.",
    ),
    "my-summer": (
        "Last sumer we drove to my grandparents, who live becouse of the sea in a small hous on the coast.",
        "I recieved a bicycle and rode it untill the evening, and it was definately the best day of the year.",
    ),
    "om-vintern": (
        "På vinteren är det mörkt när jag går till skolan, och snön ligger djupp på vägen hela veckan.",
        "Jag tycker om att åka skidor med min bror, för då kan vi prata om allting utan att någon hörr oss.",
    ),
    "the-library": (
        "The libary in our town is old and quiet, and the lady at the desk knows wich book everybody wants.",
        "I think that a place where nobody has to buy anything is a beautifull thing for a goverment to pay for.",
    ),
    "on-rivers": (
        "A river is older than the town beside it, and in most years it is also the more patient of the two.",
        "What the town calls a flood the river would call coming home, if rivers had a word for it.",
    ),
}
_SWEDISH = frozenset("åäö")
_ACCEPTED = frozenset({".txt", ".docx", ".pdf"})


class NoDocumentsError(ValueError):
    """The directory that was given holds nothing that could be uploaded."""


@dataclass(frozen=True)
class Document:
    """One file to upload."""

    name: str
    content: bytes

    @property
    def text(self) -> str | None:
        """The text of a txt file, None of any other."""
        return self.content.decode(errors="replace") if self.name.lower().endswith(".txt") else None

    @property
    def language(self) -> str:
        """Swedish if a letter of its own is in the text, else English: the two that the dictionaries know."""
        return "sv" if _SWEDISH & set((self.text or "").lower()) else "en"


def documents(directory: Path | None) -> list[Document]:
    """The documents below `directory`, or the demo's own if it is None. NoDocumentsError if there is none."""
    found = list(_made_here() if directory is None else _below(directory))
    if not found:
        raise NoDocumentsError(f"{directory} holds no {', '.join(sorted(_ACCEPTED))} file")
    return found


def bad_documents() -> list[Document]:
    """Files that no service should take as an essay, each bad in another way."""
    return [
        Document("too-short.txt", b"Not yet."),
        Document("empty.txt", b""),
        Document("broken.pdf", b"%PDF-1.7\nthis is where the document should be"),
        Document("not-really.docx", b"PK\x03\x04 but no archive at all, only these words to make it long enough"),
        Document("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    ]


def _below(directory: Path) -> Iterator[Document]:
    if not directory.is_dir():
        raise NoDocumentsError(f"{directory} is no directory")
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.suffix.lower() in _ACCEPTED:
            yield Document(path.name, path.read_bytes())


def _made_here() -> Iterator[Document]:
    for title, paragraphs in _ESSAYS.items():
        yield Document(f"{title}.txt", "\n\n".join(paragraphs).encode())
        yield Document(f"{title}.docx", _word(paragraphs))
        yield Document(f"{title}.pdf", _pdf(paragraphs))


def _word(paragraphs: tuple[str, ...]) -> bytes:
    document, file = WordDocument(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


def _pdf(paragraphs: tuple[str, ...]) -> bytes:
    file, style = io.BytesIO(), getSampleStyleSheet()["BodyText"]
    SimpleDocTemplate(file).build([Paragraph(paragraph, style) for paragraph in paragraphs])
    return file.getvalue()
