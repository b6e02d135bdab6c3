"""What the comparative judgement service does beside requests."""

from functools import partial

from dishka import AsyncContainer

from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.scoring import Scoring
from services.kit.background_jobs import Job


async def jobs(container: AsyncContainer) -> list[Job]:
    """Scoring that a process which died left undone."""
    settings, scoring = await container.get(CjAssessmentServiceSettings), await container.get(Scoring)
    return [
        Job(
            name="finish_scoring",
            interval=settings.scoring_interval.total_seconds(),
            run=partial(scoring.finish_scoring, settings.scoring_lease),
        )
    ]
