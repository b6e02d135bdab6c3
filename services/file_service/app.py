"""The file service, declared."""

from services.file_service.api import BLUEPRINTS
from services.file_service.config import FileServiceSettings
from services.file_service.di import PROVIDERS
from services.file_service.models_db import Base
from services.file_service.startup_setup import checks, jobs
from services.kit.service import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="file",
    title="HuleEdu file service",
    settings=FileServiceSettings,
    metadata=Base.metadata,
    providers=PROVIDERS,
    blueprints=BLUEPRINTS,
    checks=checks,
    jobs=jobs,
)
