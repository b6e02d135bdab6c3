"""What single services need beside a database: the variables that say where it is, and the parts that start before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.registry import Service


@dataclass(frozen=True)
class ServiceNeeds:
    """`variables` are named without the service's prefix; `{…}` in their values stands for an address of the stack."""

    variables: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def told(self, service: Service, addresses: Mapping[str, str]) -> dict[str, str]:
        """The variables of `service`, with `addresses` put in."""
        return {f"{service.env_prefix}{name}": text.format_map(addresses) for name, text in self.variables.items()}


NOTHING_MORE = ServiceNeeds()
# `{objects}` is a folder of the service's own, `{valkey}` the counters' server, `{<service>}` another service.
NEEDS = {
    "spell_checker": ServiceNeeds({"CONTENT_SERVICE_URL": "{content}"}),
    "file": ServiceNeeds({"OBJECT_STORE_URL": "{objects}"}),
}


def needs_of(service: Service) -> ServiceNeeds:
    """What `service` needs beside its database."""
    return NEEDS.get(service.name, NOTHING_MORE)
