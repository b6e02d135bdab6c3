"""How command lines print answers."""

import json

import pytest
from rich.console import Console

from services.kit import command_output
from services.kit.command_output import say_note, say_rows, shown

ROWS = [("one", 1), (None, 2)]


@pytest.fixture
def _width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_output, "output", Console(width=request.param))


def test_json_is_one_object_a_line_with_null_for_null(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(("name", "count"), ROWS, as_json=True)
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [{"name": "one", "count": 1}, {"name": None, "count": 2}]


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("_width", [60], indirect=True)
def test_rows_that_fit_the_screen_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(("name", "count"), ROWS, as_json=False)
    text = capsys.readouterr().out
    assert "│ NULL │ 2     │" in text


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("_width", [11], indirect=True)
def test_rows_that_fit_the_screen_without_lines_are_a_table_without(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(("name", "count"), ROWS, as_json=False)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert (lines[0], lines[-2:]) == ("name  count", ["one   1", "NULL  2"])


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("_width", [40], indirect=True)
def test_sentences_are_wrapped_at_words_and_nothing_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "a sentence that is too long for what is left of one line"
    say_rows(("key", "says"), [("x-y z", sentence)], as_json=False, prose=("says",))
    text = capsys.readouterr().out
    assert "x-y z" in text
    assert " ".join(text.split()).endswith(sentence)
    assert len(text.splitlines()) == 4, "a title, a rule and two lines"


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("_width", [30], indirect=True)
def test_rows_wider_than_the_screen_are_blocks_in_which_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(("name", "count"), [("x" * 100, 1)], as_json=False)
    text = capsys.readouterr().out
    assert text.count("x") == 100
    assert "│" not in text


def test_stored_text_can_neither_steer_the_terminal_nor_style_itself(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(("name",), [("[red]\x1b[31m\n",)], as_json=False)
    text = capsys.readouterr().out
    assert r"[red]\x1b[31m\n" in text
    assert "\x1b" not in text


def test_letters_of_any_script_are_shown_as_they_are() -> None:
    assert shown("Åsa 作文 é").plain == "Åsa 作文 é"


def test_a_note_leaves_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    say_note("3 rows")
    assert capsys.readouterr() == ("", "3 rows\n")
