"""What an SQL statement does, told from its text: its operation, its first table, and whether it writes."""

import re
from dataclasses import dataclass
from functools import lru_cache

_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate", "copy"})
# FOR UPDATE and FOR NO KEY UPDATE lock, and ON CONFLICT DO UPDATE belongs to its insert.
_WRITE_INSIDE = re.compile(r"(?<!FOR )(?<!NO KEY )(?<!DO )\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_TABLE_AFTER = {
    "select": r"\bFROM",
    "delete": r"\bFROM",
    "insert": r"\bINTO",
    "merge": r"\bINTO",
    "update": r"(?<!FOR )(?<!NO KEY )\bUPDATE",
    "truncate": r"\bTRUNCATE(?:\s+TABLE)?",
    "copy": r"\bCOPY",
}
_NAME = r"""\s+(?:ONLY\s+)?(?:"?\w+"?\.)?"?(\w+)"?"""


@dataclass(frozen=True)
class Described:
    """A statement in words that are few enough for metric labels, once unknown tables are left out."""

    operation: str
    table: str | None
    writes: bool


@lru_cache(maxsize=1024)
def described(statement: str) -> Described:
    """What the statement does; its operation is its first word, that of the write within for WITH."""
    text = " ".join(_NOISE.sub(" ", statement).split())
    operation = _operation(text)
    pattern = _TABLE_AFTER.get(operation)
    found = re.search(pattern + _NAME, text, re.IGNORECASE) if pattern else None
    return Described(operation, found[1] if found else None, operation in _WRITES)


def _operation(text: str) -> str:
    first = text.split(" ", 1)[0].lower().rstrip("(;")
    if first != "with":
        return first
    write = _WRITE_INSIDE.search(text)
    return write[1].lower() if write else "select"
