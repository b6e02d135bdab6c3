"""What adoption changes in PostgreSQL, each change with what undoes it; knows no connection."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cdc.adoption.facts import WHOLE_IDENTITY, FoundTable, Part, Server
from cdc.adoption.refusals import SENDS_GENERATED
from cdc.catalog.model import CapturedTable, ServiceCatalog, quoted
from cdc.catalog.partition_truncates import create_function, create_trigger, drop_function
from cdc.catalog.postgres_ddl import (
    PUBLICATION,
    create_publication,
    publish,
    publish_everything,
    publish_generated,
    replica_identity,
)

_IDENTITIES = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL"}


@dataclass(frozen=True)
class Undo:
    """How the database was: what brings it back is run only where it still is as adoption left it.

    identities: by the quoted name of a table or partition, what follows REPLICA IDENTITY; grants: revoking statements.
    """

    identities: Mapping[str, str]
    grants: tuple[str, ...]

    def after(self, earlier: "Undo") -> "Undo":
        """Both undone: of what both name, the earlier one knows how it was."""
        grants = dict.fromkeys((*earlier.grants, *self.grants))
        return Undo({**self.identities, **earlier.identities}, tuple(grants))


def undo_of(tables: Iterable[FoundTable], catalog: ServiceCatalog, reader: str) -> Undo:
    """What undoes the changes that are still to be made."""
    found = list(tables)
    lacking = [part for table in found for part in table.parts if part.identity != WHOLE_IDENTITY]
    revoked = [revoke for _, revoke in _rights(found, catalog, reader)]
    return Undo({part.relation: _identity(part) for part in lacking}, tuple(revoked))


def statements(
    tables: Iterable[FoundTable], catalog: ServiceCatalog, reader: str, server: Server, silent: Iterable[str] = ()
) -> Iterator[str]:
    """What is run, in one transaction: what is as it should be already is left alone.

    silent: quoted names of partitions whose TRUNCATE nothing would tell.
    """
    found, triggers = list(tables), [create_trigger(partition) for partition in silent]
    for table in found:
        yield from (replica_identity(part.relation) for part in table.parts if part.identity != WHOLE_IDENTITY)
    yield from [create_function(), *triggers] if triggers else []
    yield from (grant for grant, _ in _rights(found, catalog, reader))
    yield publish_everything() if server.publication_owner else create_publication()
    if server.version >= SENDS_GENERATED and any(column.generated for table in found for column in table.columns):
        yield publish_generated()
    yield publish(catalog)


def undoing(undo: Undo, identities_now: Mapping[str, str]) -> Iterator[str]:
    """What brings a database back; `identities_now` are the letters of the relations that are still there."""
    yield f"DROP PUBLICATION IF EXISTS {PUBLICATION}"
    yield drop_function()
    for relation, identity in undo.identities.items():
        if identities_now.get(relation) == WHOLE_IDENTITY:
            yield f"ALTER TABLE {relation} REPLICA IDENTITY {identity}"
    yield from undo.grants


def _identity(part: Part) -> str:
    return f"USING INDEX {part.index}" if part.index else _IDENTITIES[part.identity]


def _rights(found: Iterable[FoundTable], catalog: ServiceCatalog, reader: str) -> Iterator[tuple[str, str]]:
    """What the reader lacks, granted, and revoked."""
    role = quoted(reader)
    for schema in dict.fromkeys(table.schema for table in found if not table.usable):
        yield (
            f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {role}",
            f"REVOKE USAGE ON SCHEMA {quoted(schema)} FROM {role}",
        )
    for table in found:
        captured = catalog.by_name[table.schema, table.name]
        if missing := _unreadable(captured, table):
            privilege = f"SELECT ({', '.join(map(quoted, missing))}) ON {table.relation}"
            yield f"GRANT {privilege} TO {role}", f"REVOKE {privilege} FROM {role}"


def _unreadable(captured: CapturedTable, table: FoundTable) -> list[str]:
    return [column.name for column in captured.columns if column.name not in table.readable]
