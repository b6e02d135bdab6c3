"""The gateway, declared."""

from services.api_gateway_service.api import BLUEPRINTS
from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.di import PROVIDERS
from services.api_gateway_service.models_db import Base
from services.api_gateway_service.startup_setup import jobs, prepare, shown
from services.kit.service import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="api_gateway",
    title="HuleEdu API gateway",
    settings=ApiGatewaySettings,
    metadata=Base.metadata,
    providers=PROVIDERS,
    blueprints=BLUEPRINTS,
    shown=shown,
    jobs=jobs,
    prepare=prepare,
)
