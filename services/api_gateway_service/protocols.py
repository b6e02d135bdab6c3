"""What the gateway asks of its storage."""

from abc import abstractmethod
from typing import Protocol

from services.api_gateway_service.domain import RequestRecord


class RequestLog(Protocol):
    """Where each request ends as one record, off its path."""

    @abstractmethod
    def record(self, record: RequestRecord) -> None:
        """Take a record to be written later; never waits, never raises."""
