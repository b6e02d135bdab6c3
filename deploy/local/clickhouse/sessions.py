"""Handles for requests: a fresh one each, or the kept one of a session with its temporary tables and settings."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.local.clickhouse.engine import Engine, Handle, assign
from deploy.local.clickhouse.errors import BAD_ARGUMENTS, SESSION_IS_LOCKED, SESSION_NOT_FOUND, ClickHouseError
from deploy.local.clickhouse.overrides import Overrides
from deploy.local.clickhouse.request import Request

DEFAULT_TIMEOUT_SECONDS = 60
MAX_TIMEOUT_SECONDS = 3600


@dataclass
class Session:
    """A kept handle."""

    handle: Handle
    overrides: Overrides = field(default_factory=Overrides)
    busy: bool = False
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    expires: float = 0.0


class Sessions:
    """All sessions of the endpoint; a session serves one request at a time, as in ClickHouse."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[str, Session] = {}
        self._guard = threading.Lock()

    @contextmanager
    def handle_for(self, request: Request, *, changes_session: bool) -> Iterator[Handle]:
        """A handle with the request's database and settings in force, for the time of the context."""
        name = request.parameters.get("session_id")
        # Nothing can lift `readonly` from a handle: such a request gets one of its own.
        if not name or "readonly" in request.settings:
            with self._engine.handle() as handle:
                assign(handle, request.database, {"log_comment": request.query_id} | request.settings)
                yield handle
            return
        session = self._acquire(name, request)
        try:
            if changes_session:
                session.overrides.put(session.handle, None, {})
            else:
                session.overrides.put(session.handle, request.database, request.settings)
            if "log_comment" not in request.settings:
                assign(session.handle, None, {"log_comment": request.query_id})
            yield session.handle
        finally:
            self._release(session)

    def close_expired(self, now: float | None = None) -> None:
        """Close the sessions whose time is over at `now` (monotonic seconds; infinity for all)."""
        now = time.monotonic() if now is None else now
        with self._guard:
            expired = [name for name, session in self._sessions.items() if not session.busy and session.expires <= now]
            for name in expired:
                self._sessions.pop(name).handle.close()

    def _acquire(self, name: str, request: Request) -> Session:
        timeout = _timeout(request)
        with self._guard:
            session = self._sessions.get(name)
            if session is None:
                if request.flag("session_check"):
                    raise ClickHouseError(SESSION_NOT_FOUND, f"Session {name} not found.")
                session = self._sessions[name] = Session(self._engine.new_handle())
            if session.busy:
                raise ClickHouseError(SESSION_IS_LOCKED, f"Session {name} is locked by a concurrent client.")
            session.busy, session.timeout = True, timeout
            return session

    def _release(self, session: Session) -> None:
        with self._guard:
            session.busy, session.expires = False, time.monotonic() + session.timeout


def _timeout(request: Request) -> float:
    given = request.parameters.get("session_timeout", str(DEFAULT_TIMEOUT_SECONDS))
    if not given.isdecimal() or not 0 < int(given) <= MAX_TIMEOUT_SECONDS:
        message = f"session_timeout is {given!r}: give seconds from 1 to {MAX_TIMEOUT_SECONDS}."
        raise ClickHouseError(BAD_ARGUMENTS, message)
    return float(given)
