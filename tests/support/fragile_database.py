"""A service's database behind a link that a test can cut, silence and mend."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sqlalchemy import make_url

from tests.support.breakable_link import LOOPBACK, BreakableLink, breakable_link
from tests.support.service_database import ServiceDatabase

Running = TypeVar("Running")


@dataclass(frozen=True)
class Fragile(Generic[Running]):
    """A service, as its own tests ask it, whose database can be taken away."""

    service: Running
    link: BreakableLink


@asynccontextmanager
async def fragile_database(place: ServiceDatabase) -> AsyncIterator[tuple[ServiceDatabase, BreakableLink]]:
    """The same database, which the service's role reaches through the link alone."""
    address = make_url(place.app_url)
    async with breakable_link(str(address.host), int(address.port or 0)) as link:
        through_link = address.set(host=LOOPBACK, port=link.port).render_as_string(hide_password=False)
        yield replace(place, app_url=through_link), link
