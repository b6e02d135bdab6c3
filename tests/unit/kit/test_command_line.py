"""What command lines say of errors, and what they leave to be seen as the defects they are."""

import pytest
import typer

from services.kit.command_line import FAILED, USAGE, explained
from services.kit.names import UnknownNameError
from services.kit.settings import SettingsError


class WrongWordError(Exception):
    pass


class BrokenError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokenError("it broke"), FAILED),
        (WrongWordError("it is not a word"), USAGE),
        (UnknownNameError("no part is called 'x'"), USAGE),
        (SettingsError("X_URL: missing"), USAGE),
    ],
)
def test_an_expected_error_is_one_line_and_an_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, explained(BrokenError, usage=(WrongWordError,)):
        raise error
    assert left.value.exit_code == code
    assert capsys.readouterr() == ("", f"{error}\n")


@pytest.mark.parametrize("defect", [KeyError("name"), ValueError("wrong")])
def test_a_defect_is_not_taken_for_a_wrong_request(defect: Exception) -> None:
    with pytest.raises(type(defect)), explained(BrokenError, usage=(WrongWordError,)):
        raise defect


def test_brackets_in_a_message_are_said_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), explained(BrokenError):
        raise BrokenError("[/red] [bold]loud[/bold]")
    assert capsys.readouterr().err == "[/red] [bold]loud[/bold]\n"
