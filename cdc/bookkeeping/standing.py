"""How a service stands: the epoch it is in, since when and why, and the copies that are under way."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import unfinished_copies
from cdc.bookkeeping.epochs import current_epoch
from cdc.catalog.model import ServiceCatalog


@dataclass(frozen=True)
class Standing:
    """A service's epoch, and the tables whose newest copy is not finished, with how far it has come and why."""

    service: str
    epoch: int
    since: datetime
    reason: str
    copies: dict[str, str]


def service_standing(catalog: ServiceCatalog, client: Client) -> Standing | None:
    """How a service stands, None before its first start."""
    epoch = current_epoch(client, catalog.service)
    if epoch is None:
        return None
    unfinished = unfinished_copies(client, catalog.service, epoch.number, [table.name for table in catalog.tables])
    copies = {
        f"{catalog.service}.{name}": f"{copy.stage} ({copy.reason})" if copy else "not begun"
        for name, copy in unfinished.items()
    }
    return Standing(catalog.service, epoch.number, epoch.since, epoch.reason, copies)
