"""What a service declares of itself is whole, and what the registry says of it."""

import os

import pytest

from services.kit.service import ServiceDefinition, make_container
from services.kit.settings import SettingsError
from services.registry import Service


async def test_its_container_is_whole(definition: ServiceDefinition) -> None:
    """Dishka checks the graph as it builds: a part that nobody provides fails here and not in a request."""
    await make_container(definition).close()


def test_the_registry_and_the_service_say_the_same(each_service: Service, definition: ServiceDefinition) -> None:
    assert definition.name == each_service.name
    assert definition.settings.model_config["env_prefix"] == each_service.env_prefix
    assert definition.settings.model_fields["port"].default == each_service.port


def test_each_variable_that_it_needs_and_lacks_is_named(
    each_service: Service, definition: ServiceDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HULEEDU_ENV_FILE", "no such file")
    for name in [name for name in os.environ if name.startswith(each_service.env_prefix)]:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as refused:
        definition.settings.load()
    needed = [name for name, field in definition.settings.model_fields.items() if field.is_required()]
    assert "database_url" in needed
    assert all(f"{each_service.env_prefix}{name.upper()}: Field required" in str(refused.value) for name in needed)
