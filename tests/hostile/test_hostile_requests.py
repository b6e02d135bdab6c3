"""Some of the requests that `python -m tests.hostile` sends by the thousand."""

from pathlib import Path

from deploy.local.valkey import Valkey
from tests.hostile.everyone import hostile_requests
from tests.support.platform import running_platform
from tests.support.service_database import ServiceTemplates

REQUESTS = 150


def test_no_generated_request_breaks_a_service(
    service_templates: ServiceTemplates, valkey: Valkey, tmp_path: Path
) -> None:
    with running_platform(service_templates, valkey.url, tmp_path) as platform:
        for name, tally in hostile_requests(platform, REQUESTS):
            assert tally.faults == [], name
            assert tally.sent >= REQUESTS
            assert len(tally.statuses) > 2, f"{name} answers everything alike: {tally.statuses}"
