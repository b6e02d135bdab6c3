"""Generated requests to each service of a running platform, in turn."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from services.api_gateway_service.token_issuing import issue_token
from services.api_gateway_service.token_settings import IssuingSettings
from services.registry import SERVICES
from tests.hostile.generated_requests import Sender, Tally
from tests.support.callers import ANNA
from tests.support.platform import Platform
from tests.support.seeded_objects import seed_objects


def hostile_requests(platform: Platform, count: int) -> Iterator[tuple[str, Tally]]:
    """The name of each service, and what became of `count` requests to it. The gateway is asked by an admin."""
    known = seed_objects(platform, ANNA)
    for service in SERVICES:
        sign_in = partial(_bearer, platform) if service.name == "api_gateway" else lambda: ANNA
        sender = Sender(
            platform.url(service.name), sign_in, number=service.port, known=list(known.get(service.name, {}).values())
        )
        tally = sender.send(count)
        tally.faults.extend(_tracebacks(platform, service.name))
        yield service.name, tally


def _bearer(platform: Platform) -> Mapping[str, str]:
    settings = IssuingSettings(
        jwt_algorithm=platform.variables["API_GATEWAY_JWT_ALGORITHM"],
        jwt_issuer=platform.variables["API_GATEWAY_JWT_ISSUER"],
        jwt_audience=platform.variables["API_GATEWAY_JWT_AUDIENCE"],
        jwt_development_key_file=Path(platform.variables["API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE"]),
    )
    return {"Authorization": f"Bearer {issue_token(settings, 'anna', ('admin',), timedelta(hours=1))}"}


def _tracebacks(platform: Platform, service: str) -> list[str]:
    """What the process said of defects of its own; an outage it says otherwise."""
    said = platform.processes[service][0].said()
    return [line for line in said.splitlines() if "request_failed" in line or '"level": "error"' in line]
