"""What every command line shares: what a user can mend is said in one line, and exit codes mean the same everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from services.kit.names import UnknownNameError
from services.kit.settings import SettingsError

FAILED, USAGE = 1, 2
Services = Annotated[list[str] | None, typer.Argument(help="services, e.g. file; all if none is named")]
_errors = Console(stderr=True)


@contextmanager
def explained(*failures: type[Exception], usage: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn expected errors into one line on standard error and an exit: 2 for a wrong request, 1 for a failure.

    failures: what can go wrong though the request was right; usage: what is wrong with a request, beside settings that
    are missing and names that are not known (SettingsError, UnknownNameError).
    """
    try:
        yield
    except (SettingsError, UnknownNameError) as error:
        raise _exit(USAGE, error) from error
    except usage as error:
        raise _exit(USAGE, error) from error
    except failures as error:
        raise _exit(FAILED, error) from error


def _exit(code: int, error: Exception) -> typer.Exit:
    # An ORM wraps what the driver said in statements and links; what the driver said is what helps.
    said = getattr(error, "orig", None) or error
    _errors.print(str(said).strip(), style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)
