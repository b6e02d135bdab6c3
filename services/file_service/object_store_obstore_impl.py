"""The object store on obstore: an S3 bucket, or a directory of this machine."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from services.file_service.object_store import (
    ObjectExistsError,
    ObjectNotFoundError,
    ObjectStore,
    ObjectStoreUnavailableError,
    StoredBytes,
)

log = structlog.get_logger(__name__)

CHUNK_BYTES = 256 * 1024
NOTHING_LIES_HERE = "health-check"


@contextmanager
def _in_the_services_terms(key: str) -> Iterator[None]:
    """Turn what obstore and the operating system raise into the three errors an ObjectStore may raise."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFoundError(key) from error
    except AlreadyExistsError as error:
        raise ObjectExistsError(f"bytes are already stored under {key!r}") from error
    except (BaseError, OSError, TimeoutError) as error:
        raise _unavailable(f"{key!r}: {_first_line(error)}") from error


def _unavailable(reason: str) -> ObjectStoreUnavailableError:
    log.warning("object_store_unavailable", reason=reason)
    return ObjectStoreUnavailableError(reason)


def _first_line(error: Exception) -> str:
    """The rest is obstore's debug view of the error."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class ObstoreObjectStore(ObjectStore):
    """Any store that obstore reaches; every call, and every chunk of a stream, has `timeout` seconds."""

    def __init__(self, store: LocalStore | S3Store, timeout: float) -> None:
        self._store = store
        self._timeout = timeout

    async def put_new(self, key: str, content: bytes) -> None:
        """Store `content` in one conditional request: S3's If-None-Match, or a hard link that must be new."""
        with _in_the_services_terms(key):
            async with asyncio.timeout(self._timeout):
                await self._store.put_async(key, content, mode="create")

    async def open(self, key: str) -> StoredBytes:
        """The bytes under `key`, streamed."""
        with _in_the_services_terms(key):
            async with asyncio.timeout(self._timeout):
                result = await self._store.get_async(key)
        return StoredBytes(result.meta["size"], self._chunks(key, result.stream(min_chunk_size=CHUNK_BYTES)))

    async def _chunks(self, key: str, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            with _in_the_services_terms(key):
                async with asyncio.timeout(self._timeout):
                    chunk = await anext(stream, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it does no harm if there are none."""
        try:
            with _in_the_services_terms(key):
                async with asyncio.timeout(self._timeout):
                    await self._store.delete_async(key)
        except ObjectNotFoundError:
            return

    def keys_stored_before(self, instant: datetime) -> AsyncIterator[str]:
        """Every key whose bytes were stored before `instant`, by the store's own clock."""
        return self._keys_stored_before(instant)

    async def _keys_stored_before(self, instant: datetime) -> AsyncIterator[str]:
        pages = self._store.list()
        while True:
            with _in_the_services_terms("the list of keys"):
                async with asyncio.timeout(self._timeout):
                    page = await anext(pages, None)
            if page is None:
                return
            for stored in page:
                if stored["last_modified"] < instant:
                    yield stored["path"]

    async def check(self) -> None:
        """List a prefix that holds nothing: it needs address, credentials and bucket, and costs no page of keys."""
        with _in_the_services_terms("a list of nothing"):
            async with asyncio.timeout(self._timeout):
                await anext(self._store.list(prefix=NOTHING_LIES_HERE), None)


class DirectoryObjectStore(ObstoreObjectStore):
    """A directory, to which this class adds what obstore's LocalStore leaves out.

    LocalStore does not fsync, and makes its directory anew when it has gone: without a disk mounted, bytes would
    land in the mount point. Here bytes are on the disk before `put_new` returns, and a missing directory is an outage.
    """

    def __init__(self, directory: Path, timeout: float) -> None:
        super().__init__(LocalStore(prefix=directory, mkdir=True), timeout)
        self._directory = directory

    async def put_new(self, key: str, content: bytes) -> None:
        """Store `content`, then make file and directory entries durable."""
        await self.check()
        await super().put_new(key, content)
        with _in_the_services_terms(key):
            async with asyncio.timeout(self._timeout):
                await asyncio.to_thread(self._make_durable, key)

    async def open(self, key: str) -> StoredBytes:
        """The bytes under `key`, streamed; a missing directory is an outage, not a missing object."""
        await self.check()
        return await super().open(key)

    async def check(self) -> None:
        """Ask whether the directory is there and may be written."""
        with _in_the_services_terms(str(self._directory)):
            async with asyncio.timeout(self._timeout):
                usable = await asyncio.to_thread(self._is_usable)
        if not usable:
            raise _unavailable(f"{self._directory} is not a directory that may be written")

    def _is_usable(self) -> bool:
        return self._directory.is_dir() and os.access(self._directory, os.R_OK | os.W_OK | os.X_OK)

    def _make_durable(self, key: str) -> None:
        path = self._directory / key
        for each in (path, path.parent, self._directory):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
