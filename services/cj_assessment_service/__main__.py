"""`python -m services.cj_assessment_service` serves until SIGTERM or SIGINT; `… parked` is about refused messages."""

from services.cj_assessment_service.app import DEFINITION
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.models_db import ParkedMessageRow
from services.kit.topics.command import with_parked

command = with_parked(DEFINITION, CjAssessmentServiceSettings, ParkedMessageRow)

if __name__ == "__main__":
    command()
