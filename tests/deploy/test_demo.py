"""The demo's documents are what it says they are: the good ones valid for the file service, the bad ones not."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.demo.documents import Document, NoDocumentsError, bad_documents, documents
from services.file_service.text_extraction.extraction import judge_document


@pytest.mark.parametrize("document", documents(None), ids=lambda document: document.name)
def test_the_demos_own_essays_are_valid(document: Document) -> None:
    assert judge_document(document.name, document.content).rejection is None


@pytest.mark.parametrize("document", bad_documents(), ids=lambda document: document.name)
def test_the_demos_bad_files_are_not_valid(document: Document) -> None:
    assert judge_document(document.name, document.content).rejection is not None


def test_a_directory_gives_its_documents_and_leaves_out_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "essay.TXT").write_bytes(b"words")
    (tmp_path / "notes.md").write_bytes(b"no essay")
    assert documents(tmp_path) == [Document("essay.TXT", b"words")]


def test_a_directory_without_documents_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NoDocumentsError, match=r"holds no \.docx, \.pdf, \.txt file"):
        documents(tmp_path)


def test_a_path_that_is_no_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoDocumentsError, match="nowhere is no directory"):
        documents(tmp_path / "nowhere")


def test_a_wrong_directory_is_said_in_one_line_whatever_its_name() -> None:
    command = [sys.executable, "-m", "deploy.local.demo", "--input", "no[/red]where"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "no[/red]where is no directory\n"
