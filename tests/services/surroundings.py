"""What a service is told beside its database when it runs alone, and as whom tests ask it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.docker.probes import GATEWAY, LISTS
from deploy.local.service_needs import needs_of
from deploy.local.source import Source
from services.api_gateway_service.tests.token_factory import AUDIENCE, ISSUER, TokenFactory, new_factory
from services.registry import SERVICES, Service
from tests.support.callers import ANNA
from tests.support.platform import places_of

_NOBODY_LISTENS = 9


@dataclass(frozen=True)
class Surroundings:
    """The places that services are told, where none finds another, and the issuer whose tokens the gateway accepts."""

    places: Mapping[str, str]
    tokens: TokenFactory

    def variables(self, service: Service) -> dict[str, str]:
        """By their names without the service's prefix."""
        told = {name: text.format_map(self.places) for name, text in needs_of(service, Source.SLOT).variables.items()}
        if service.name == GATEWAY:
            issuer = {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "PUBLIC_KEY_FILE": str(self.tokens.public_key_file)}
            told |= {f"JWT_{name}": text for name, text in issuer.items()}
        return told

    def headers(self, service: Service) -> Mapping[str, str]:
        return self.tokens.headers() if service.name == GATEWAY else ANNA


def surroundings_in(directory: Path, valkey_url: str) -> Surroundings:
    """With keys and objects in `directory`."""
    places = places_of(directory, valkey_url, {service.name: _NOBODY_LISTENS for service in SERVICES})
    return Surroundings(places, new_factory(directory))


def list_of(service: Service) -> str:
    """The path of a list that the service reads from its database."""
    return LISTS[service.name]
