"""The header by which a caller says that a request is one that it may have sent before."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.kit.postgres.processed_messages import LONGEST_IDEMPOTENCY_KEY
from services.kit.web.models import Text


class IdempotencyHeaders(BaseModel):
    """For quart-schema's `validate_headers`: a request without the header Idempotency-Key is refused (400)."""

    idempotency_key: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_IDEMPOTENCY_KEY)]
