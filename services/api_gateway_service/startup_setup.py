"""What the gateway needs before it serves, what surrounds its app, and what it does beside requests."""

from functools import partial

from dishka import AsyncContainer
from quart import Quart

from services.api_gateway_service.admission import say_what_holds
from services.api_gateway_service.config import ApiGatewaySettings
from services.api_gateway_service.protocols import RateLimiter, RequestLog
from services.api_gateway_service.request_measuring import RequestMeasuring
from services.api_gateway_service.request_partitions import RequestPartitions
from services.api_gateway_service.session_cleaning import delete_expired_sessions
from services.api_gateway_service.upload_stream import StreamedRequest, WindowedConnection
from services.kit.background_jobs import Job
from services.kit.postgres.database import Database
from services.kit.web.operations import Check


async def shown(container: AsyncContainer) -> dict[str, Check]:
    """Valkey: without it requests pass uncounted."""
    limiter = await container.get(RateLimiter)
    return {"valkey": limiter.check}


async def prepare(app: Quart, container: AsyncContainer) -> None:
    """Let bodies pass as streams, and measure and record each request from outside of the app."""
    app.request_class = StreamedRequest
    app.asgi_http_class = WindowedConnection
    app.after_request(say_what_holds)
    app.asgi_app = RequestMeasuring(app.asgi_app, await container.get(RequestLog))  # type: ignore[method-assign]


async def jobs(container: AsyncContainer) -> list[Job]:
    """Cleaning up after sessions, and keeping the partitions of the request log."""
    settings, database = await container.get(ApiGatewaySettings), await container.get(Database)
    partitions = await container.get(RequestPartitions)
    return [
        Job(
            name="delete_expired_sessions",
            interval=settings.session_cleanup_interval.total_seconds(),
            run=partial(delete_expired_sessions, database, settings.session_cleanup_grace),
        ),
        Job(
            name="keep_request_partitions",
            interval=settings.request_log_partition_interval.total_seconds(),
            run=partitions.keep,
        ),
    ]
