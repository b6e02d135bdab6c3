"""A look at what the sinks' groups have committed: whether all that lies before it is stored, record by record."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from clickhouse_connect.driver import Client

from cdc.catalog.declared import service_catalog
from cdc.catalog.topics import topics
from cdc.clickhouse import client, rows_of
from tests.chaos.offset_check import MESSAGES, TRANSACTIONS, TRUNCATES, Fact, Told, ahead
from tests.chaos.targets import SERVICES
from tests.chaos.topic_reader import TopicReader

# Of what is kept of all services: the number of a fact, the table, and the rows of those that it is `of`.
_KEPT_TOGETHER = {
    TRUNCATES: ("version", "cdc.truncates", "concat(service, '.', \"table\")"),
    MESSAGES: ("lsn", "cdc.messages", "service"),
    TRANSACTIONS: ("commit_lsn", "cdc.transactions", "service"),
}


class OffsetLook:
    """Looks at every record of every topic once: at the first look that finds an offset behind it committed."""

    def __init__(self, bootstrap: str, clickhouse_url: str, group: str) -> None:
        read = {f"{group}.{service}": (service, topics(service_catalog(service))) for service in SERVICES}
        self._reader, self._clickhouse = TopicReader(bootstrap, read), clickhouse_url

    def __call__(self) -> Sequence[str] | None:
        committed, told = self._reader.committed_now()
        if not told:
            self._reader.has_read(committed)
            return None
        # Asked only now: whatever is committed was stored before.
        with client(self._clickhouse) as opened:
            broken = list(ahead(told, committed, _stored(opened, told)))
        self._reader.has_read(committed)
        return broken


def _stored(opened: Client, told: Iterable[Told]) -> Collection[Fact]:
    asked: dict[tuple[str, str], set[int]] = defaultdict(set)
    for each in told:
        asked[each.fact.kept_in, each.fact.of].add(each.fact.number)
    found = set[Fact]()
    for (kept_in, of), numbers in asked.items():
        given = {"of": of, "numbers": [str(number) for number in numbers]}
        found |= {Fact(kept_in, of, int(number)) for (number,) in rows_of(opened, _query(kept_in, of), given)}
    return found


def _query(kept_in: str, of: str) -> str:
    """Which of some numbers are stored; as texts, since versions have more digits than the driver binds."""
    if kept_in in _KEPT_TOGETHER:
        number, table, named = _KEPT_TOGETHER[kept_in]
        condition = f"{named} = {{of:String}} AND"
    else:
        service, _, name = of.partition(".")
        number, table, condition = "_version", f"{service}_store.{name}_history", ""
    among = f"toString({number}) IN {{numbers:Array(String)}}"
    return f"SELECT DISTINCT toString({number}) FROM {table} WHERE {condition} {among}"
