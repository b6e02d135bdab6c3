"""What the platform asks of a service: whether it can serve, and its metrics."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, ResponseReturnValue
from quart_schema import hide

Check = Callable[[], Awaitable[None]]

SECONDS_TO_ANSWER = 3.0

log = structlog.get_logger(__name__)


def operations(service: str, checks: dict[str, Check], shown: dict[str, Check]) -> Blueprint:
    """/healthz, 503 while a check fails or takes longer than 3 seconds, and /metrics.

    shown: checks that make a service `degraded` when they fail: it serves all the same.
    """
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    async def healthz() -> ResponseReturnValue:
        every = checks | shown
        answers = await asyncio.gather(*(_passes(name, check) for name, check in every.items()))
        states = dict(zip(every, answers, strict=True))
        serving = all(states[name] for name in checks)
        body = {
            "service": service,
            "status": _status(serving=serving, whole=all(answers)),
            "checks": {"process": "ok", **{name: "ok" if passed else "failed" for name, passed in states.items()}},
        }
        return body, 200 if serving else 503

    @blueprint.get("/metrics")
    @hide
    async def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _status(*, serving: bool, whole: bool) -> str:
    if not serving:
        return "unavailable"
    return "ok" if whole else "degraded"


async def _passes(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            await check()
    except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, the service cannot serve
        log.warning("health_check_failed", check=name, error=repr(error))
        return False
    return True
