"""What a service declares of itself is whole, and what the registry says of it."""

from services.kit.service import ServiceDefinition, make_container
from services.registry import Service


async def test_its_container_is_whole(definition: ServiceDefinition) -> None:
    """Dishka checks the graph as it builds: a part that nobody provides fails here and not in a request."""
    await make_container(definition).close()


def test_the_registry_and_the_service_say_the_same(each_service: Service, definition: ServiceDefinition) -> None:
    assert definition.name == each_service.name
    assert definition.settings.model_config["env_prefix"] == each_service.env_prefix
    assert definition.settings.model_fields["port"].default == each_service.port
