"""What the file service asks of the place that keeps bytes, and how that place can fail it."""

import re
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from services.kit.errors import NotFoundError, ServiceUnavailableError


class ObjectNotFoundError(NotFoundError):
    """No bytes are stored under the key."""

    default_code = "bytes_not_found"

    def __init__(self, key: str) -> None:
        super().__init__("the bytes are not in the object store")
        self.key = key


class ObjectExistsError(Exception):
    """Bytes are already stored under the key; they were left as they are."""


class ObjectStoreUnavailableError(ServiceUnavailableError):
    """The object store did not answer in time, refused, or cannot keep what it is given.

    `reason` is for the log alone: it names addresses and directories.
    """

    default_code = "object_store_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__("the object store does not answer; the same request may succeed later")
        self.reason = reason


@dataclass(frozen=True)
class StoredBytes:
    """Bytes on their way out of the store: how many there are, and the chunks, to be read once."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


class ObjectStore(Protocol):
    """Bytes under keys that are written once and never changed."""

    @abstractmethod
    async def put_new(self, key: str, content: bytes) -> None:
        """Store `content` durably under a key that is free; ObjectExistsError if it is not."""

    @abstractmethod
    async def open(self, key: str) -> StoredBytes:
        """The bytes under `key`, streamed; ObjectNotFoundError if there are none."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it does no harm if there are none."""

    @abstractmethod
    def keys_stored_before(self, instant: datetime) -> AsyncIterator[str]:
        """Every key whose bytes were stored before `instant`, by the store's own clock."""

    @abstractmethod
    async def check(self) -> None:
        """Return if the store can serve; ObjectStoreUnavailableError otherwise."""


STORAGE_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")


def new_storage_key() -> str:
    """A key nobody used before, spread over 256 folders so that no directory grows too wide."""
    name = uuid4().hex
    return f"{name[:2]}/{name}"


def is_storage_key(key: str) -> bool:
    """Whether the key is of the kind that this service makes: what others keep beside it is none of its business."""
    return STORAGE_KEY.fullmatch(key) is not None
