"""The databases that a command of capture works on."""

from collections.abc import Sequence

from cdc.catalog.declared import declared_names
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import ServiceCatalog
from cdc.settings import address_variable, has_address
from services.kit.command_output import say_note


def chosen(catalogs: Catalogs, services: Sequence[str] | None) -> tuple[ServiceCatalog, ...]:
    """The named ones; if none is, every service and each adopted database whose address is set."""
    if services:
        return catalogs.chosen(services)
    reachable = tuple(each for each in catalogs.all if each.service in declared_names() or has_address(each.service))
    for each in catalogs.all:
        if each not in reachable:
            say_note(f"{each.service} was adopted and is left out: {address_variable(each.service)} is not set")
    return reachable
