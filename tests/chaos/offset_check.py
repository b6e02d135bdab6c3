"""Committed offsets held against what is stored: whatever lies before one must be there, since nobody reads it again.

Pure: what a record says is told from its bytes, and what ClickHouse has is given.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.partition_truncates import TRUNCATE_PREFIX
from cdc.catalog.version import change_version, truncate_version
from cdc.kafka.offsets import Partition

HISTORY, TRUNCATES, MESSAGES, TRANSACTIONS = "history", "truncates", "messages", "transactions"
# Who wrote them, or what for, is not kept.
_NOT_KEPT = frozenset({HEARTBEAT_PREFIX, TRUNCATE_PREFIX})


class Fact(NamedTuple):
    """What a record says: where it is to be found (a history, or what is kept of all services), and under which number.

    of: the service and, of a change, its table, `file.files`; number: the version of a change or a TRUNCATE; else the
    LSN.
    """

    kept_in: str
    of: str
    number: int


@dataclass(frozen=True)
class Told:
    """A record of a topic, and what it says."""

    partition: Partition
    offset: int
    fact: Fact


def fact(service: str, value: bytes) -> Fact | None:
    """What a record of a service's topic says, None if nothing of it is to be found later."""
    said = json.loads(value)
    if said.get("status") is not None:
        return _of_transaction(service, said)
    epoch, lsn = int(said["epoch"]), int(said["source"]["lsn"])
    if said["op"] == "m":
        kept = said["message"]["prefix"] not in _NOT_KEPT
        return Fact(MESSAGES, service, lsn) if kept else None
    table = f"{service}.{said['source']['table']}"
    if said["op"] == "t":
        return Fact(TRUNCATES, table, truncate_version(epoch, lsn))
    return Fact(HISTORY, table, change_version(said["op"], epoch, lsn))


def _of_transaction(service: str, said: Mapping[str, object]) -> Fact | None:
    """Only the end of one that wrote something is kept, which is told by how many changes a topic has of it."""
    collections = said.get("data_collections")
    named = [str(each["data_collection"]) for each in collections] if isinstance(collections, list) else []
    if said["status"] != "END" or not any("LogicalDecodingMessageMonitor" not in name for name in named):
        return None
    return Fact(TRANSACTIONS, service, int(str(said["id"]).partition(":")[2]))


def ahead(told: Iterable[Told], committed: Mapping[Partition, int], stored: Collection[Fact]) -> Iterator[str]:
    """A sentence for each record before a committed offset of which ClickHouse, asked afterwards, has nothing."""
    for each in told:
        end = committed.get(each.partition, 0)
        if each.offset < end and each.fact not in stored:
            yield (
                f"{each.partition.topic}-{each.partition.number}: {end} is committed, and what {each.offset} says is"
                f" not stored: {each.fact.kept_in} of {each.fact.of}, {each.fact.number:X}"
            )
