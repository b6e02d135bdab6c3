"""The spell checker, declared."""

from services.kit.service import ServiceDefinition
from services.spell_checker_service.api import BLUEPRINTS
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.di import PROVIDERS
from services.spell_checker_service.models_db import Base
from services.spell_checker_service.startup_setup import consumers, jobs

DEFINITION = ServiceDefinition(
    name="spell_checker",
    title="HuleEdu spell checker",
    settings=SpellCheckerServiceSettings,
    metadata=Base.metadata,
    providers=PROVIDERS,
    blueprints=BLUEPRINTS,
    jobs=jobs,
    consumers=consumers,
)
