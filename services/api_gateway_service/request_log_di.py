"""What the gateway's container provides of the request log."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide

from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.protocols import RequestLog, RequestRepository
from services.api_gateway_service.request_log import BatchedRequestLog, Limits, NoRequestLog
from services.api_gateway_service.request_partitions import RequestPartitions
from services.api_gateway_service.request_repository_postgres_impl import PostgresRequestRepository
from services.api_gateway_service.request_storing import RequestStoring
from services.kit.postgres.database import Database


class RequestLogProvider(Provider):
    """Where requests are recorded, and what reads and keeps the records."""

    scope = Scope.APP
    storing = provide(RequestStoring)
    requests = provide(PostgresRequestRepository, provides=RequestRepository, scope=Scope.REQUEST)

    @provide
    async def request_log(self, settings: ApiGatewaySettings, storing: RequestStoring) -> AsyncIterator[RequestLog]:
        """Stores what waits before the container closes the database."""
        if not settings.request_log_enabled:
            yield NoRequestLog()
            return
        limits = Limits(
            batch_size=settings.request_log_batch_size,
            queue_limit=settings.request_log_queue_limit,
            flush_interval=settings.request_log_flush_interval,
            seconds_to_stop=settings.request_log_shutdown_timeout,
        )
        async with BatchedRequestLog(storing, limits) as log:
            yield log

    @provide
    def partitions(self, settings: ApiGatewaySettings, database: Database) -> RequestPartitions:
        """As long as the settings say."""
        return RequestPartitions(database, settings.request_log_days_ahead, settings.request_log_retention)
