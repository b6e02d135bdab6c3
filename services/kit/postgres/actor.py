"""Who writes, and why: one transactional message in the WAL, sent before a transaction's first write."""

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.orm import Session, SessionTransaction

from services.kit.capture import ACTOR_PREFIX
from services.kit.postgres.statements import described

_INFO_KEY = "actor"
_SAVEPOINT = re.compile(r"\s*(?P<action>SAVEPOINT|RELEASE|ROLLBACK TO)(?: SAVEPOINT)? \"?(?P<name>\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Actor:
    """Who writes, in which request, by which route or job, and for which stated reason."""

    user_id: str | None = None
    correlation_id: UUID | None = None
    route: str | None = None
    reason: str | None = None

    def message(self) -> str:
        """The actor as compact JSON, without what is not known."""
        known = {
            "user_id": self.user_id,
            "correlation_id": None if self.correlation_id is None else str(self.correlation_id),
            "route": self.route,
            "reason": self.reason,
        }
        present = {name: value for name, value in known.items() if value is not None}
        return json.dumps(present, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting() -> Actor | None:
    """Who writes in the current task, None if nobody was named."""
    return _acting.get()


def act_as(actor: Actor) -> None:
    """Name who writes in the current task and all it starts, where no request of HTTP does."""
    _acting.set(actor)


class ActorSession(Session):
    """A session whose transactions name the actor in its `info`; make it through `Database.session`."""

    @classmethod
    def info_of(cls, actor: Actor) -> dict[str, Actor]:
        """The session's `info` for this actor."""
        return {_INFO_KEY: actor}


@dataclass
class _Announcement:
    """The message of one transaction. A savepoint that is rolled back takes a message sent within it along."""

    actor: Actor
    savepoints: list[str] = field(default_factory=list)
    sent_within: tuple[str, ...] | None = None

    def is_due(self, statement: str) -> bool:
        """Whether the message must be sent before this statement."""
        savepoint = _SAVEPOINT.match(statement)
        if savepoint:
            self._follow(savepoint["action"].upper(), savepoint["name"])
        return self.sent_within is None and described(statement).writes

    def _follow(self, action: str, name: str) -> None:
        if action == "SAVEPOINT":
            self.savepoints.append(name)
        elif name in self.savepoints:
            del self.savepoints[self.savepoints.index(name) + (action != "RELEASE") :]
        if action.startswith("ROLLBACK") and self.sent_within is not None and name in self.sent_within:
            self.sent_within = None


# Not in the connection's own `info`: a connection that was lost has none to look into when its transaction ends.
_announcements: WeakKeyDictionary[Connection, _Announcement] = WeakKeyDictionary()


def announce_actors(engine: Engine) -> None:
    """Make every transaction of an `ActorSession` on the engine send its actor before the first write, and then only.

    The engine watches its cursors: no statement of a session, ORM, bulk or text, gets past. A function that writes
    within a SELECT would.
    """
    event.listen(engine, "before_cursor_execute", _before_statement)
    event.listen(engine, "commit", _on_end)
    event.listen(engine, "rollback", _on_end)


@event.listens_for(ActorSession, "after_begin")
def _on_begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        _announcements[connection] = _Announcement(session.info[_INFO_KEY])


def _before_statement(
    connection: Connection,
    _cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    _context: ExecutionContext | None,
    _executemany: bool,
) -> None:
    announcement = _announcements.get(connection)
    if announcement is None or not announcement.is_due(statement):
        return
    announcement.sent_within = tuple(announcement.savepoints)
    connection.exec_driver_sql(
        "SELECT pg_logical_emit_message(true, $1, $2)", (ACTOR_PREFIX, announcement.actor.message())
    )


def _on_end(connection: Connection) -> None:
    _announcements.pop(connection, None)
