"""Some of the requests that `python -m tests.hostile` sends by the thousand."""

import pytest

from tests.hostile.everyone import hostile_requests
from tests.support.platform import Platform

# Ten processes may have to start first.
pytestmark = pytest.mark.timeout(400)
REQUESTS = 75


def test_no_generated_request_breaks_a_service(platform: Platform) -> None:
    for name, tally in hostile_requests(platform, REQUESTS):
        assert tally.faults == [], name
        assert tally.sent >= REQUESTS
        assert tally.statuses[200] > 0, f"{name} took nothing: {tally.statuses}"
        assert tally.statuses[400] > 0, f"{name} took everything: {tally.statuses}"
        assert tally.statuses[401] < REQUESTS / 4, f"{name} knew nobody: {tally.statuses}"
