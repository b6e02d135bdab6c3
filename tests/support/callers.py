"""Whom tests ask as, over HTTP and at a repository: an owner, a stranger, and an admin."""

from types import MappingProxyType

from services.kit.identity import Caller

ANNA = MappingProxyType({"X-User-ID": "anna"})
BERT = MappingProxyType({"X-User-ID": "bert"})
ADMIN = MappingProxyType({"X-User-ID": "root", "X-User-Roles": "teacher, admin"})

OWNER = Caller("teacher-1")
STRANGER = Caller("teacher-2")
HEAD = Caller("head", frozenset({"admin"}))
