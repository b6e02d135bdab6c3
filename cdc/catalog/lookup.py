"""Finding what is captured by the names that people type: services, adopted databases, and their tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdc.catalog.model import CapturedTable, CatalogError, ServiceCatalog
from services.kit.names import UnknownNameError, not_called


@dataclass(frozen=True)
class Catalogs:
    """Every catalog that a command knows, declared and adopted, in the order in which they are shown."""

    all: tuple[ServiceCatalog, ...]

    def service(self, name: str) -> ServiceCatalog:
        """The catalog of a service or an adopted database; UnknownNameError lists the known ones."""
        for catalog in self.all:
            if catalog.service == name:
                return catalog
        raise UnknownNameError(not_called("service", name, self._services))

    def chosen(self, names: Sequence[str] | None) -> tuple[ServiceCatalog, ...]:
        """The catalogs of these names, all of them if none is named."""
        return tuple(map(self.service, names)) if names else self.all

    def table(self, name: str) -> CapturedTable:
        """The table called `service.table`; CatalogError lists the known ones."""
        tables = {str(table): table for catalog in self.all for table in catalog.tables}
        if name not in tables:
            raise CatalogError(not_called("captured table", name, sorted(tables)))
        return tables[name]

    def tables(self, name: str) -> tuple[CapturedTable, ...]:
        """The table called `service.table`, or all of the service called `name`; CatalogError lists both."""
        for catalog in self.all:
            if catalog.service == name:
                return catalog.tables
        try:
            return (self.table(name),)
        except CatalogError as error:
            raise CatalogError(f"{error}; services: {', '.join(sorted(self._services))}") from error

    @property
    def _services(self) -> tuple[str, ...]:
        return tuple(catalog.service for catalog in self.all)
