"""What the OpenAPI page says of every route alike: its answer and the errors it may give."""

from collections.abc import Callable
from typing import Any

from quart_schema import document_response

from services.kit.web.models import ErrorAnswer
from services.kit.web.plain_bytes import Bytes

Handler = Callable[..., Any]


def answers(model: type, *statuses: int, errors: tuple[int, ...]) -> Callable[[Handler], Handler]:
    """Say that a route answers `model` with these statuses, and each of the errors in the one shape."""

    def document(handler: Handler) -> Handler:
        for status in statuses:
            handler = document_response(model, status)(handler)
        for status in (401, *errors, 503):
            handler = document_response(ErrorAnswer, status)(handler)
        return handler

    return document


def answers_bytes(*, errors: tuple[int, ...]) -> Callable[[Handler], Handler]:
    """Say that a route answers bytes, and each of the errors in the one shape."""
    return answers(Bytes, 200, errors=errors)
