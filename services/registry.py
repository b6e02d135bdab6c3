"""The list of services: the one place that ties a service's name to its folder, port, settings prefix and database."""

from dataclasses import dataclass

from services.kit.names import UnknownNameError, not_called


@dataclass(frozen=True)
class Service:
    """How one service is called in each of the places that name it."""

    name: str
    port: int
    env_prefix: str

    @property
    def package(self) -> str:
        """The importable folder of the service."""
        return f"services.{self.name}_service"

    @property
    def models(self) -> str:
        """The module whose `Base.metadata` declares the service's tables and what of them is captured."""
        return f"{self.package}.models_db"

    @property
    def database(self) -> str:
        """The PostgreSQL database that this service alone owns."""
        return f"huleedu_{self.name}"

    @property
    def migrator_role(self) -> str:
        """The role that owns the tables and runs migrations."""
        return f"{self.name}_migrator"

    @property
    def app_role(self) -> str:
        """The role of the running service: reads and writes rows, changes no schema."""
        return f"{self.name}_app"

    @property
    def cdc_role(self) -> str:
        """The role of change data capture: replicates, and reads the captured columns alone."""
        return f"{self.name}_cdc"


SERVICES: tuple[Service, ...] = (
    Service(name="content", port=8001, env_prefix="CONTENT_SERVICE_"),
    Service(name="spell_checker", port=8002, env_prefix="SPELL_CHECKER_SERVICE_"),
    Service(name="file", port=7001, env_prefix="FILE_SERVICE_"),
    Service(name="cj_assessment", port=9095, env_prefix="CJ_ASSESSMENT_SERVICE_"),
    Service(name="api_gateway", port=4001, env_prefix="API_GATEWAY_"),
)


def service_named(name: str) -> Service:
    """The service called `name`; UnknownNameError lists the known ones otherwise."""
    for service in SERVICES:
        if service.name == name:
            return service
    raise UnknownNameError(not_called("service", name, (service.name for service in SERVICES)))
