"""Paths of a service are each one of its own."""

from quart import Quart

from services.kit.service import ServiceDefinition


def test_no_route_ends_in_a_slash(definition: ServiceDefinition) -> None:
    """A request that lacks it would be sent on, to the place that the client's own Host header names."""
    app = Quart("sample", static_folder=None)
    for blueprint in definition.blueprints:
        app.register_blueprint(blueprint)
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    assert rules
    assert [rule for rule in rules if rule.endswith("/")] == []
