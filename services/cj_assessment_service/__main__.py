"""`python -m services.cj_assessment_service` serves on the host and port of its settings until SIGTERM or SIGINT."""

from services.cj_assessment_service.app import DEFINITION
from services.kit.service import run

if __name__ == "__main__":
    run(DEFINITION)
