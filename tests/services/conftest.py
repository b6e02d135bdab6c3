"""The services, one after the other."""

import pytest

from services.kit.service import ServiceDefinition
from services.registry import SERVICES, Service
from tests.support.running_service import definition_of


@pytest.fixture(name="each_service", params=SERVICES, ids=lambda service: service.name)
def _each_service(request: pytest.FixtureRequest) -> Service:
    service: Service = request.param
    return service


@pytest.fixture(name="definition")
def _definition(each_service: Service) -> ServiceDefinition:
    """How that service is put together."""
    return definition_of(each_service)
