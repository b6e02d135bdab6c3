"""Whose rows a caller sees: their own, and admins everybody's."""

from typing import Any, TypeVar

from sqlalchemy import Select, SQLColumnExpression, bindparam, false, or_

from services.kit.identity import Caller

CALLER_ID = "caller_id"

Rows = TypeVar("Rows", bound=Select[Any])


def owned(
    rows: Rows, owner: SQLColumnExpression[str], caller: Caller, *, or_shared: SQLColumnExpression[bool] | None = None
) -> Rows:
    """Those of the rows that the caller may touch; with `or_shared` those, too, of which it is true, for everybody.

    owner: the column with the id of the user to whom a row belongs.
    """
    if caller.is_admin:
        return rows
    return rows.where(or_(owner == caller.user_id, false() if or_shared is None else or_shared))


def owned_as_parameter(rows: Rows, owner: SQLColumnExpression[str], *, is_admin: bool) -> Rows:
    """`owned` for a statement that is built once: the caller's id comes with each execution, as CALLER_ID."""
    return rows if is_admin else rows.where(owner == bindparam(CALLER_ID))
