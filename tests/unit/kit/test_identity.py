"""The caller is who the gateway's headers name."""

import pytest

from services.kit.errors import NotFoundError, UnauthenticatedError, ValidationFailedError
from services.kit.identity import Caller, caller_from


def test_headers_name_a_user_and_their_roles() -> None:
    assert caller_from(" teacher-1 ", "teacher, admin ,,") == Caller("teacher-1", frozenset({"teacher", "admin"}))


@pytest.mark.parametrize("header", [None, "", "  "])
def test_nobody_named_is_nobody_known(header: str | None) -> None:
    with pytest.raises(UnauthenticatedError, match="X-User-ID"):
        caller_from(header, "admin")


def test_an_id_too_long_to_store_is_refused() -> None:
    assert caller_from("x" * 255, None).user_id == "x" * 255
    with pytest.raises(ValidationFailedError, match="255"):
        caller_from("x" * 256, None)


def test_what_is_anothers_is_for_admins_alone() -> None:
    assert Caller("a").may_touch("a")
    assert not Caller("a", frozenset({"administrator"})).may_touch("b")
    assert Caller("a", frozenset({"admin"})).may_touch("b")


def test_a_stranger_is_told_that_there_is_nothing() -> None:
    Caller("a").refuse_stranger("a", "tags")
    Caller("a", frozenset({"admin"})).refuse_stranger("b", "tags")
    with pytest.raises(NotFoundError, match="there are no such tags"):
        Caller("a").refuse_stranger("b", "tags")
