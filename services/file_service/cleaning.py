"""What cleans up after uploads and deletions: bytes that no row names, and files whose time in the bin is over.

Replicas may clean at the same time: deleting bytes twice does no harm, and a file that one replica purges is
locked for it, so that the others skip it.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.object_store import ObjectStore, is_storage_key
from services.kit.postgres.actor import Actor
from services.kit.postgres.clock import moment_ago
from services.kit.postgres.database import Database
from services.kit.postgres.in_batches import in_batches

KEYS_AT_A_TIME = 500
FILES_AT_A_TIME = 100
SWEEPER = Actor(user_id="file_service", route="job sweep_orphaned_bytes")
PURGER = Actor(user_id="file_service", route="job purge_deleted_files", reason="retention of deleted files is over")


class Cleaning:
    """Deletes what nobody can reach any more."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def sweep_orphaned_bytes(self, grace: timedelta) -> int:
        """Delete bytes stored longer than `grace` ago that no row names, and say how many.

        The grace has to be longer than any upload takes from its bytes to its row.
        """
        swept = 0
        async for keys in _chunks(self._store.keys_stored_before(datetime.now(UTC) - grace), KEYS_AT_A_TIME):
            for key in await self._orphans(keys):
                await self._store.delete(key)
                swept += 1
        return swept

    async def _orphans(self, keys: list[str]) -> list[str]:
        async with self._database.transaction(SWEEPER) as session:
            referenced = await PostgresFileRepository(session).referenced_keys(keys)
        return [key for key in keys if is_storage_key(key) and key not in referenced]

    async def purge_deleted_files(self, retention: timedelta) -> int:
        """Remove files deleted longer than `retention` ago, rows first and then bytes, and say how many.

        Bytes whose deletion fails belong to no row any more: the sweep finds them.
        """
        return await in_batches(FILES_AT_A_TIME, partial(self._purge_some, retention))

    async def _purge_some(self, retention: timedelta) -> int:
        async with self._database.transaction(PURGER) as session:
            before = await moment_ago(session, retention)
            files = await PostgresFileRepository(session).purge_deleted(before, FILES_AT_A_TIME)
        for key in chain.from_iterable(file.storage_keys for file in files):
            await self._store.delete(key)
        return len(files)


async def _chunks(keys: AsyncIterator[str], size: int) -> AsyncIterator[list[str]]:
    chunk: list[str] = []
    async for key in keys:
        chunk.append(key)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
