"""Everything whose changes ClickHouse holds: of services, of adopted databases, and of released ones."""

from clickhouse_connect.driver import Client

from analytics.clickhouse import ask
from cdc.catalog.declared import all_catalogs
from cdc.catalog.lookup import Catalogs
from cdc.catalog.recorded import Rows, in_effect, recorded_adoptions


def captured(client: Client) -> Catalogs:
    """The catalogs as they are in effect: with columns that came, went or changed while capture ran."""

    def rows(query: str) -> Rows:
        return ask(client, query, {})[1]

    return Catalogs(in_effect(rows, (*all_catalogs(), *recorded_adoptions(rows, released=True))))
