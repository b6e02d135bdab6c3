"""The content service, declared."""

from services.content_service.api import BLUEPRINTS
from services.content_service.config import ContentServiceSettings
from services.content_service.di import PROVIDERS
from services.content_service.models_db import Base
from services.content_service.startup_setup import jobs
from services.kit.service import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="content",
    title="HuleEdu content service",
    settings=ContentServiceSettings,
    metadata=Base.metadata,
    providers=PROVIDERS,
    blueprints=BLUEPRINTS,
    jobs=jobs,
)
