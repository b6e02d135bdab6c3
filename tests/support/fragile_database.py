"""A service's database behind a link that a test can cut, silence and mend."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import make_url

from tests.support.breakable_link import LOOPBACK, BreakableLink, breakable_link
from tests.support.service_database import ServiceDatabase

# Settings of a service that is not to wait long for a database that is away.
SHORT_WAITS = MappingProxyType(
    {"database_connect_timeout": 1.0, "database_statement_timeout": 1.0, "database_pool_timeout": 1.0}
)


@asynccontextmanager
async def fragile_database(place: ServiceDatabase) -> AsyncIterator[tuple[ServiceDatabase, BreakableLink]]:
    """The same database, which the service's role reaches through the link alone."""
    address = make_url(place.app_url)
    async with breakable_link(str(address.host), int(address.port or 0)) as link:
        through_link = address.set(host=LOOPBACK, port=link.port).render_as_string(hide_password=False)
        yield replace(place, app_url=through_link), link
