"""What the comparative judgement service does beside requests of HTTP."""

from functools import partial

from dishka import AsyncContainer

from services.cj_assessment_service.batches import Batch
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.events import CjAssessmentRequested
from services.cj_assessment_service.models_db import ParkedMessageRow
from services.cj_assessment_service.protocols import AssessmentHandler
from services.cj_assessment_service.requests import Answered
from services.cj_assessment_service.scoring import Scoring
from services.kit.background_jobs import Job
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages_purge import MessagePurge
from services.kit.topics.consumer import TopicConsumer
from services.kit.topics.outbox_purge import OutboxPurge
from services.kit.topics.reading import consumers_of
from services.kit.topics.requests import Requests


async def jobs(container: AsyncContainer) -> list[Job]:
    """Scoring that a process which died left undone, and forgetting answers and results that are old."""
    settings, scoring = await container.get(CjAssessmentServiceSettings), await container.get(Scoring)
    purge, outbox_purge = await container.get(MessagePurge), await container.get(OutboxPurge)
    return [
        Job(
            name="finish_scoring",
            interval=settings.scoring_interval.total_seconds(),
            run=partial(scoring.finish_scoring, settings.scoring_lease),
        ),
        purge.job(settings.processed_messages_retention),
        outbox_purge.job(settings.outbox_retention),
    ]


async def consumers(container: AsyncContainer) -> list[TopicConsumer]:
    """Of the topic in which assessments are requested; its requests are answered like those of HTTP."""
    settings, database = await container.get(CjAssessmentServiceSettings), await container.get(Database)

    async def start(requested: CjAssessmentRequested, _actor: Actor) -> Answered[Batch]:
        async with container() as of_request:
            handler: AssessmentHandler = await of_request.get(AssessmentHandler)
            return await handler.start(requested.request())

    return consumers_of("cj_assessment", settings, database, ParkedMessageRow, [Requests(CjAssessmentRequested, start)])
