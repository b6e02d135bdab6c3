"""What the comparative judgement service does beside requests."""

from functools import partial

from dishka import AsyncContainer

from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.scoring import Scoring
from services.kit.background_jobs import Job
from services.kit.postgres.processed_messages_purge import MessagePurge


async def jobs(container: AsyncContainer) -> list[Job]:
    """Scoring that a process which died left undone, and forgetting answers that are old."""
    settings, scoring = await container.get(CjAssessmentServiceSettings), await container.get(Scoring)
    purge = await container.get(MessagePurge)
    return [
        Job(
            name="finish_scoring",
            interval=settings.scoring_interval.total_seconds(),
            run=partial(scoring.finish_scoring, settings.scoring_lease),
        ),
        purge.job(settings.processed_messages_retention),
    ]
