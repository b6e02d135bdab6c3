"""A request's database and settings on a session's handle: in force for that request, never part of the session."""

import json

from deploy.local.clickhouse.engine import Handle, assign, quoted_name, text_literal


class Overrides:
    """What the last request has put over the session's own state, and how to take it away again.

    They stay in force until a request asks for others: a client's requests mostly ask for the same.
    """

    def __init__(self) -> None:
        # None while it is not known: what was refused halfway is taken away before anything else is put.
        self._in_force: tuple[str | None, dict[str, str]] | None = (None, {})
        self._undo: list[str] = []

    def put(self, handle: Handle, database: str | None, settings: dict[str, str]) -> None:
        """Bring exactly these into force over the session's own state; raises what the engine refuses."""
        if (database, settings) == self._in_force:
            return
        self._in_force = None
        for statement in self._undo:
            handle.query(statement, "Null")
        self._undo = []
        self._undo = _restoring(handle, list(settings)) + ([_restoring_database(handle)] if database else [])
        assign(handle, database, settings)
        self._in_force = database, settings


def _restoring(handle: Handle, names: list[str]) -> list[str]:
    if not names:
        return []
    wanted = ", ".join(text_literal(name) for name in names)
    query = f"SELECT name, value, changed FROM system.settings WHERE name IN ({wanted})"  # noqa: S608 - quoted above
    lines = (handle.query(query, "JSONCompactEachRow").bytes() or b"").splitlines()
    before = [json.loads(line) for line in lines]
    return [f"SET {name} = {text_literal(value) if int(changed) else 'DEFAULT'}" for name, value, changed in before]


def _restoring_database(handle: Handle) -> str:
    name: bytes = handle.query("SELECT currentDatabase()", "TabSeparatedRaw").bytes()
    return f"USE {quoted_name(name.decode().removesuffix(chr(10)))}"
