"""What PostgreSQL's catalogs say of a database and its tables, as far as it decides how they are carried."""

from dataclasses import dataclass

ORDINARY, PARTITIONED = "r", "p"
LOGGED = "p"
WHOLE_IDENTITY = "f"


@dataclass(frozen=True)
class Server:
    """The database that is to be adopted, its server, and what the role that adopts it may do.

    version: as `server_version_num`; free_slots, free_senders: how many more the server would take.
    """

    database: str
    system_identifier: int
    version: int
    wal_level: str
    in_recovery: bool
    encoding: str
    free_slots: int
    free_senders: int
    role: str
    may_create: bool
    publication_owner: str | None


@dataclass(frozen=True)
class Reader:
    """The role that capture connects as: whether it is there, may replicate, and is held to row security."""

    name: str
    exists: bool
    replicates: bool
    bypasses_row_security: bool


@dataclass(frozen=True)
class FoundColumn:
    """A column: its type as `rule_for` takes it, PostgreSQL's own types it consists of, `s` or `v` if generated."""

    name: str
    postgres_type: str
    made_of: tuple[str, ...]
    generated: str


@dataclass(frozen=True)
class Part:
    """A table, or a partition of one, as storage: its quoted name, kind, persistence and replica identity.

    identity: PostgreSQL's letter; index: the quoted name of the index that is the identity, where one is.
    """

    relation: str
    kind: str
    persistence: str
    identity: str
    index: str | None


@dataclass(frozen=True)
class FoundTable:
    """A relation as it was found.

    root: the quoted name of the table that it is a partition of; inherited: whether others inherit from it without
    being partitions; spare_index: a unique index that could be its key; owned: whether the adopting role may alter it;
    parts: itself, then its partitions; usable, readable: what the reader may do already.
    """

    schema: str
    name: str
    owner: str
    root: str | None
    inherited: bool
    key: tuple[str, ...]
    deferrable: bool
    spare_index: str | None
    columns: tuple[FoundColumn, ...]
    row_security: bool
    owned: bool
    parts: tuple[Part, ...]
    usable: bool
    readable: frozenset[str]

    @property
    def itself(self) -> Part:
        """The relation without its partitions."""
        return self.parts[0]

    @property
    def name_in_schema(self) -> tuple[str, str]:
        """Schema and name, as they are."""
        return self.schema, self.name

    @property
    def relation(self) -> str:
        """The quoted name with its schema."""
        return self.itself.relation
