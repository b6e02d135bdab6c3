"""What goes wrong in a command is said in a line: what every command expects, and what is one's own."""

import pytest
import typer

from cdc.catalog.model import CatalogError
from cdc.commands.explained import failures_explained
from cdc.failures import EXPECTED
from services.kit.command_line import FAILED, USAGE


class OwnError(Exception):
    pass


class OtherError(Exception):
    pass


@pytest.mark.parametrize("expected", [*EXPECTED, OwnError])
def test_what_is_expected_is_said_and_ends_the_command(
    expected: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, failures_explained(OwnError):
        raise expected("it broke")
    assert left.value.exit_code == (USAGE if expected is CatalogError else FAILED)
    assert capsys.readouterr().err == "it broke\n"


def test_a_wrong_request_of_a_command_s_own_is_one() -> None:
    with pytest.raises(typer.Exit) as left, failures_explained(usage=(OwnError,)):
        raise OwnError
    assert left.value.exit_code == USAGE


def test_what_nobody_expects_is_not_hidden() -> None:
    with pytest.raises(OtherError), failures_explained(OwnError):
        raise OtherError
