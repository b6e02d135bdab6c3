"""Each class of database error means one thing to a caller, and none tells what the database said."""

import pytest
import structlog
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm.exc import StaleDataError

from services.kit.errors import ConflictError, DomainError, ServiceUnavailableError, ValidationFailedError
from services.kit.postgres.errors import broken_constraint, database_errors, meaning_of

SAID = "column hidden of relation secret"


class DriverError(Exception):
    """What the driver raises: an error with an SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(SAID)
        self.sqlstate = sqlstate


class ConstraintError(Exception):
    """What the driver's error was caused by."""

    constraint_name = "uq_secret_label"


def _error(sqlstate: str | None, *, lost: bool = False) -> DBAPIError:
    return DBAPIError(SAID, {}, DriverError(sqlstate), connection_invalidated=lost)


@pytest.mark.parametrize(
    ("sqlstate", "meaning"),
    [
        *((state, ConflictError) for state in ("23505", "23503", "40001", "40P01")),
        *((state, ValidationFailedError) for state in ("22001", "22021", "23502", "23514")),
        *(
            (state, ServiceUnavailableError)
            for state in ("08006", "28P01", "3D000", "53300", "55P03", "57014", "57P01")
        ),
        *((state, ServiceUnavailableError) for state in ("25P03", "58030")),
    ],
)
def test_an_sqlstate_means_one_thing(sqlstate: str, meaning: type[DomainError]) -> None:
    found = meaning_of(_error(sqlstate))
    assert isinstance(found, meaning)
    assert SAID not in str(found)


@pytest.mark.parametrize("error", [_error("42P01"), _error(None), InvalidRequestError(SAID), ValueError(SAID)])
def test_what_can_only_be_a_defect_has_no_other_meaning(error: Exception) -> None:
    assert meaning_of(error) is None


def test_a_lost_connection_is_an_outage_whatever_it_said() -> None:
    assert isinstance(meaning_of(_error(None, lost=True)), ServiceUnavailableError)
    assert isinstance(meaning_of(ConnectionRefusedError(SAID)), ServiceUnavailableError)
    assert isinstance(meaning_of(TimeoutError()), ServiceUnavailableError)


def test_a_row_that_another_changed_is_a_conflict() -> None:
    assert isinstance(meaning_of(StaleDataError()), ConflictError)


def test_the_meaning_is_raised_from_the_error_and_a_defect_passes_as_it_is() -> None:
    unique, defect = _error("23505"), _error("42P01")
    with pytest.raises(ConflictError) as conflict, database_errors():
        raise unique
    assert conflict.value.__cause__ is unique
    with pytest.raises(DBAPIError) as passed, database_errors():
        raise defect
    assert passed.value is defect


def test_a_constraint_is_named_in_the_log_and_not_to_the_caller() -> None:
    error = _error("23505")
    error.__cause__ = error.orig
    assert error.orig is not None
    error.orig.__cause__ = ConstraintError(SAID)
    with structlog.testing.capture_logs() as logged, pytest.raises(ConflictError) as conflict, database_errors():
        raise error
    assert (str(conflict.value), conflict.value.details) == ("it exists already", {})
    assert [entry["constraint"] for entry in logged] == ["uq_secret_label"]
    assert broken_constraint(conflict.value) == "uq_secret_label"
    assert broken_constraint(_error("23505")) is None
