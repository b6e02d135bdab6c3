"""Logs as JSON lines, those of libraries included, each with the correlation id of the action it belongs to."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from services.kit.correlation import correlation_id

# Without local variables: they hold what people uploaded, and printing them takes longer than most requests.
_tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def configure_logging(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log of the process to `stream`, standard error if None, one JSON object a line."""

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    shared = _shared_processors(add_service)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_lines(shared))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


def _shared_processors(add_service: Processor) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _tracebacks,
        add_service,
        _add_correlation_id,
    ]


def _json_lines(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
    )


def _add_correlation_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    current = correlation_id()
    return event if current is None else {**event, "correlation_id": str(current)}
