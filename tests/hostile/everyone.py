"""Generated requests to each service of a running platform, in turn."""

from collections.abc import Iterator, Mapping

from services.registry import SERVICES
from tests.hostile.generated_requests import Sender, Tally
from tests.hostile.seeded_objects import seed_objects
from tests.support.callers import ANNA
from tests.support.platform import Platform, issued_token


def hostile_requests(platform: Platform, count: int) -> Iterator[tuple[str, Tally]]:
    """The name of each service, and what became of `count` requests to it. The gateway is asked by an admin."""
    known = seed_objects(platform, ANNA)
    bearer = {"Authorization": f"Bearer {issued_token(platform, 'anna', 'admin')}"}
    for service in SERVICES:
        headers: Mapping[str, str] = bearer if service.name == "api_gateway" else ANNA
        sender = Sender(platform.url(service.name), headers, number=service.port, known=known[service.name])
        tally = sender.send(count)
        tally.faults.extend(_tracebacks(platform, service.name))
        yield service.name, tally


def _tracebacks(platform: Platform, service: str) -> list[str]:
    """What the process said of defects of its own; an outage it says otherwise."""
    said = platform.processes[service][0].said()
    return [line for line in said.splitlines() if "request_failed" in line]
