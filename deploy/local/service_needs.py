"""What single services need beside a database: the variables that say where it is, and the parts that start before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.signing_key import ALGORITHM
from services.registry import Service


@dataclass(frozen=True)
class ServiceNeeds:
    """`variables` are named without the service's prefix; `{…}` in their values stands for a place in the stack."""

    variables: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def told(self, service: Service, places: Mapping[str, str]) -> dict[str, str]:
        """The variables of `service`, with the `places` put in."""
        return {f"{service.env_prefix}{name}": text.format_map(places) for name, text in self.variables.items()}


NOTHING_MORE = ServiceNeeds()
# `{objects}` is a folder of the service's own, `{valkey}` the counters' server, `{<service>}` another service,
# `{public_key}` and `{private_key}` the files of the pair that signs tokens.
NEEDS = {
    "spell_checker": ServiceNeeds({"CONTENT_SERVICE_URL": "{content}"}),
    "file": ServiceNeeds({"OBJECT_STORE_URL": "{objects}"}),
    "api_gateway": ServiceNeeds(
        {
            "CONTENT_SERVICE_URL": "{content}",
            "SPELL_CHECKER_SERVICE_URL": "{spell_checker}",
            "FILE_SERVICE_URL": "{file}",
            "CJ_ASSESSMENT_SERVICE_URL": "{cj_assessment}",
            "VALKEY_URL": "{valkey}",
            "JWT_ALGORITHM": ALGORITHM,
            "JWT_ISSUER": "huleedu-development",
            "JWT_AUDIENCE": "huleedu",
            "JWT_PUBLIC_KEY_FILE": "{public_key}",
            "JWT_DEVELOPMENT_KEY_FILE": "{private_key}",
        },
        after=("valkey",),
    ),
}


def needs_of(service: Service) -> ServiceNeeds:
    """What `service` needs beside its database."""
    return NEEDS.get(service.name, NOTHING_MORE)
