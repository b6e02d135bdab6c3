"""The comparative judgement service, declared."""

from services.cj_assessment_service.api import BLUEPRINTS
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.di import PROVIDERS
from services.cj_assessment_service.models_db import Base
from services.cj_assessment_service.startup_setup import consumers, jobs
from services.kit.service import ServiceDefinition

DEFINITION = ServiceDefinition(
    name="cj_assessment",
    title="HuleEdu comparative judgement service",
    settings=CjAssessmentServiceSettings,
    metadata=Base.metadata,
    providers=PROVIDERS,
    blueprints=BLUEPRINTS,
    consumers=consumers,
    jobs=jobs,
)
