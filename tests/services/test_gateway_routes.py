"""What the gateway passes on is what the other services offer: no route is forgotten, and none leads nowhere."""

from collections.abc import Iterable

from quart import Blueprint, Quart

from services.api_gateway_service.routes import ROUTES
from services.kit.service import ServiceDefinition

GATEWAY = "api_gateway"
IMPLIED = {"HEAD", "OPTIONS"}


def _offered(blueprints: Iterable[Blueprint]) -> set[tuple[str, str]]:
    """Each rule with each of its methods."""
    app = Quart("routes", static_folder=None)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    rules = app.url_map.iter_rules()
    return {(rule.rule, method) for rule in rules for method in (rule.methods or set()) - IMPLIED}


def _passed_on(upstream: str | None = None) -> set[tuple[str, str]]:
    return {(each.rule, method) for each in ROUTES if upstream in {None, each.upstream} for method in each.methods}


def test_the_gateway_passes_on_what_the_service_offers(definition: ServiceDefinition) -> None:
    offered = _offered(definition.blueprints)
    if definition.name == GATEWAY:
        assert _passed_on() < offered
    else:
        assert _passed_on(definition.name) == offered


def test_no_two_services_claim_a_route() -> None:
    rules = [route.rule for route in ROUTES]
    assert len(rules) == len(set(rules))
