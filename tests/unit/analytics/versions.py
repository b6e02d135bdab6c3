"""Versions of one key, as history would give them, for tests that need no database."""

from datetime import UTC, datetime

from analytics.changes import Actor, Image, Version

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
NOBODY = Actor(None, None, None, None)


def version(number: int, op: str, image: Image, actor: Actor = NOBODY) -> Version:
    return Version("shop.things", ("k",), number, op, AT, actor, image)
