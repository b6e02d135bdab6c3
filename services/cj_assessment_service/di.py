"""What the comparative judgement service's container provides beside what every service has."""

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.anchor_repository_postgres_impl import PostgresAnchorRepository
from services.cj_assessment_service.assessing import Assessments, Materials
from services.cj_assessment_service.assessment_config_repository_postgres_impl import PostgresAssessmentConfigRepository
from services.cj_assessment_service.batch_repository_postgres_impl import PostgresBatchRepository
from services.cj_assessment_service.comparison_repository_postgres_impl import PostgresComparisonRepository
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.judging import Judgements
from services.cj_assessment_service.models_db import OutboxRow, ProcessedMessageRow
from services.cj_assessment_service.protocols import (
    AnchorRepository,
    AssessmentConfigRepository,
    AssessmentHandler,
    BatchRepository,
    ComparisonRepository,
    JudgementHandler,
)
from services.cj_assessment_service.scoring import Scoring
from services.kit.postgres.database import Database
from services.kit.postgres.processed_messages import ProcessedMessages
from services.kit.postgres.processed_messages_purge import MessagePurge
from services.kit.topics.outbox import Outbox
from services.kit.topics.outbox_purge import OutboxPurge


class RepositoryProvider(Provider):
    """The implementations of the repositories' Protocols."""

    scope = Scope.REQUEST
    batches = provide(PostgresBatchRepository, provides=BatchRepository)
    comparisons = provide(PostgresComparisonRepository, provides=ComparisonRepository)
    configs = provide(PostgresAssessmentConfigRepository, provides=AssessmentConfigRepository)
    anchors = provide(PostgresAnchorRepository, provides=AnchorRepository)

    @provide
    def messages(self, session: AsyncSession) -> ProcessedMessages:
        """The requests that were answered."""
        return ProcessedMessages(session, ProcessedMessageRow)

    @provide
    def outbox(self, session: AsyncSession) -> Outbox:
        """The results that are told to others."""
        return Outbox(session, OutboxRow)


class UseCaseProvider(Provider):
    """What requests and background jobs do."""

    materials = provide(Materials, scope=Scope.REQUEST)
    assessments = provide(Assessments, scope=Scope.REQUEST, provides=AssessmentHandler)
    judgements = provide(Judgements, scope=Scope.REQUEST, provides=JudgementHandler)

    @provide(scope=Scope.APP)
    def scoring(self, database: Database, settings: CjAssessmentServiceSettings) -> Scoring:
        """By the rule that the settings state."""
        return Scoring(database, settings.stability_rule)

    @provide(scope=Scope.APP)
    def message_purge(self, database: Database) -> MessagePurge:
        """Forgets the answers that are old enough."""
        return MessagePurge(database, ProcessedMessageRow, "cj_assessment_service")

    @provide(scope=Scope.APP)
    def outbox_purge(self, database: Database) -> OutboxPurge:
        """Removes the results that are old enough."""
        return OutboxPurge(database, OutboxRow, "cj_assessment_service")


PROVIDERS = (RepositoryProvider, UseCaseProvider)
