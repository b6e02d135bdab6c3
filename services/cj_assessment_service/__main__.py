"""`python -m services.cj_assessment_service` serves on CJ_ASSESSMENT_SERVICE_HOST and CJ_ASSESSMENT_SERVICE_PORT until SIGTERM or SIGINT."""

from services.cj_assessment_service.app import DEFINITION
from services.kit.service import run

if __name__ == "__main__":
    run(DEFINITION)
