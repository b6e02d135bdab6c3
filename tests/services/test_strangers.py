"""What belongs to another is not there: every route that names a thing answers a stranger 404, and its owner not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from quart import Quart

from services.kit.service import ServiceDefinition
from services.registry import SERVICES
from tests.support.callers import ANNA, BERT
from tests.support.platform import Platform
from tests.support.seeded_objects import ESSAY, Ids, seed_objects

# Whose sessions one may see has tests of its own: there the caller is who the token says.
BEHIND_THE_GATEWAY = [service for service in SERVICES if service.name != "api_gateway"]
# Ten processes may have to start first.
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.parametrize("each_service", BEHIND_THE_GATEWAY, indirect=True, ids=lambda each: each.name),
]
# A batch of files belongs to nobody: whoever uploads into it owns their file alone.
_NOT_OWNED = {"POST /v1/batches/{batch_id}/files"}
# What an owner is told of a thing that is there and not as far.
_TOO_EARLY = {("POST /v1/spellcheck/jobs/{job_id}/retry", 409)}
_FILE = {"files": {"file": ("essay.txt", ESSAY.encode())}}
# Nothing but the content in the path may be what is refused: the other end of a relation is the caller's own.
_OWN_CONTENT = "a content of the caller"
_TEXT = {"content": b"words", "headers": {"Content-Type": "text/plain"}}
_BODIES: dict[str, dict[str, Any]] = {
    "PATCH /v1/files/{file_id}/status": {"json": {"status": "pending"}},
    "POST /v1/files/{file_id}/versions": _FILE,
    "PUT /v1/contents/{content_id}/bytes": _TEXT,
    "POST /v1/contents/{content_id}/tags": {"json": {"name": "mine"}},
    "POST /v1/contents/{content_id}/relations": {"json": {"to_id": _OWN_CONTENT, "kind": "corrects"}},
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


@dataclass(frozen=True)
class Asked:
    """A service's routes, to be asked by one caller or another about the same things of Anna's."""

    client: httpx.Client
    routes: Sequence[str]
    ids: Ids

    def ask(self, route: str, caller: Mapping[str, str], own_content: str) -> httpx.Response:
        method, template = route.split(" ", 1)
        body = dict(_BODIES.get(route, {}))
        if "to_id" in body.get("json", {}):
            body["json"] = body["json"] | {"to_id": own_content}
        body["headers"] = {**caller, "Idempotency-Key": f"{route} {caller}"[:200], **body.get("headers", {})}
        return self.client.request(method, template.format_map(self.ids), **body)

    def shown(self, caller: Mapping[str, str]) -> dict[str, tuple[int, bytes]]:
        """What the caller sees of the things."""
        answers = {route: self.ask(route, caller, "") for route in self.routes if route.startswith("GET ")}
        return {route: (answer.status_code, answer.content) for route, answer in answers.items()}


@pytest.fixture(name="seeded", scope="module")
def _seeded(platform: Platform) -> dict[str, Ids]:
    return seed_objects(platform, ANNA)


@pytest.fixture(name="content_of_bert", scope="module")
def _content_of_bert(platform: Platform) -> str:
    return seed_objects(platform, BERT)["content"]["content_id"]


@pytest.fixture(name="asked")
def _asked(definition: ServiceDefinition, platform: Platform, seeded: dict[str, Ids]) -> Iterator[Asked]:
    routes = sorted(set(_routes(definition)) - _NOT_OWNED, key=_in_order)
    assert len(routes) >= 3
    with httpx.Client(base_url=platform.url(definition.name), trust_env=False, timeout=60) as client:
        yield Asked(client, routes, seeded[definition.name])


def _in_order(route: str) -> tuple[bool, bool, int, str]:
    """So that the owner can do it all: deletions after the rest, parts of a thing before it, and then it comes back."""
    return route.endswith("/restore"), route.startswith("DELETE "), -route.count("/"), route


def test_a_stranger_finds_nothing_and_changes_nothing_where_the_owner_is_answered(
    asked: Asked, seeded: dict[str, Ids], content_of_bert: str
) -> None:
    before = asked.shown(ANNA)
    assert {status for status, _ in before.values()} == {200}
    for route in asked.routes:
        answer = asked.ask(route, BERT, content_of_bert)
        assert answer.status_code == 404, f"{route}: {answer.status_code} {answer.text}"
    assert asked.shown(ANNA) == before
    for route in asked.routes:
        answer = asked.ask(route, ANNA, seeded["content"]["other_content_id"])
        assert answer.is_success or (route, answer.status_code) in _TOO_EARLY, f"{route}: {answer.text}"
