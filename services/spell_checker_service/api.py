"""All blueprints of the spell checker."""

from services.kit.web.requests import for_callers
from services.spell_checker_service.api_corrections import corrections_blueprint
from services.spell_checker_service.api_jobs import jobs_blueprint

BLUEPRINTS = for_callers(jobs_blueprint, corrections_blueprint)
