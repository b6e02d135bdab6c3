"""The services, one after the other."""

import importlib

import pytest

from services.kit.service import ServiceDefinition
from services.registry import SERVICES, Service


@pytest.fixture(name="each_service", params=SERVICES, ids=lambda service: service.name)
def _each_service(request: pytest.FixtureRequest) -> Service:
    service: Service = request.param
    return service


@pytest.fixture(name="definition")
def _definition(each_service: Service) -> ServiceDefinition:
    """How that service is put together."""
    definition: ServiceDefinition = importlib.import_module(f"{each_service.package}.app").DEFINITION
    return definition
