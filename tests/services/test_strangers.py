"""What belongs to another is not there: every route that names a thing answers a stranger 404."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from quart import Quart

from services.kit.service import ServiceDefinition
from services.registry import SERVICES
from tests.support.callers import ANNA, BERT
from tests.support.platform import Platform
from tests.support.seeded_objects import ESSAY, seed_objects

# Whose sessions one may see has tests of its own: there the caller is who the token says.
BEHIND_THE_GATEWAY = [service for service in SERVICES if service.name != "api_gateway"]
# Ten processes may have to start first.
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.parametrize("each_service", BEHIND_THE_GATEWAY, indirect=True, ids=lambda each: each.name),
]
# A batch of files belongs to nobody: whoever uploads into it owns their file alone.
_NOT_OWNED = {"POST /v1/batches/{batch_id}/files"}
_FILE = {"files": {"file": ("essay.txt", ESSAY.encode())}}
_TEXT = {"content": b"words", "headers": {"Content-Type": "text/plain"}}
_BODIES: dict[str, dict[str, Any]] = {
    "PATCH /v1/files/{file_id}/status": {"json": {"status": "failed"}},
    "POST /v1/files/{file_id}/versions": _FILE,
    "PUT /v1/contents/{content_id}/bytes": _TEXT,
    "POST /v1/contents/{content_id}/tags": {"json": {"name": "mine"}},
    "POST /v1/contents/{content_id}/relations": {"json": {"to_id": "0" * 32, "kind": "corrects"}},
    "PATCH /v1/cj/batches/{batch_id}": {"json": {"comparison_budget": 100}},
    "POST /v1/cj/batches/{batch_id}/comparisons": {"json": {}},
}


def _routes(definition: ServiceDefinition) -> Iterator[str]:
    """Each method and template that names a thing in its path."""
    app = Quart("routes", static_folder=None)
    for blueprint in definition.blueprints:
        app.register_blueprint(blueprint)
    for rule in app.url_map.iter_rules():
        template = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"} if rule.arguments else ():
            yield f"{method} {template}"


@pytest.fixture(name="seeded", scope="module")
def _seeded(platform: Platform) -> dict[str, dict[str, str]]:
    return seed_objects(platform, ANNA)


def test_a_stranger_finds_nothing_and_changes_nothing(
    definition: ServiceDefinition, platform: Platform, seeded: dict[str, dict[str, str]]
) -> None:
    routes = set(_routes(definition)) - _NOT_OWNED
    assert len(routes) >= 3
    with httpx.Client(base_url=platform.url(definition.name), headers={"Idempotency-Key": "stranger"}) as client:
        for route in sorted(routes):
            method, template = route.split(" ", 1)
            path = template.format_map(seeded[definition.name])
            body = _BODIES.get(route, {})
            headers = {**BERT, **body.get("headers", {})}
            answer = client.request(method, path, **{**body, "headers": headers})
            assert answer.status_code == 404, f"{route}: {answer.status_code} {answer.text}"
            if method == "GET":
                assert client.get(path, headers=ANNA).status_code == 200, route
