"""All blueprints of the comparative judgement service."""

from services.cj_assessment_service.api_batches import batches_blueprint
from services.cj_assessment_service.api_comparisons import comparisons_blueprint
from services.cj_assessment_service.api_materials import materials_blueprint
from services.kit.web.requests import for_callers

BLUEPRINTS = for_callers(batches_blueprint, comparisons_blueprint, materials_blueprint)
