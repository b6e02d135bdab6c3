"""Operations of the file service's repository, beside the same statements in bare asyncpg.

One database has its statements noted, a second one gets them again from asyncpg alone, and a third one is worked on
through the Protocol: three databases that begin alike, so that every operation finds the same rows.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg

from services.file_service.domain import FileFilter
from services.file_service.protocols import FileRepository
from services.file_service.tests.stored_files import Files, new_file, new_version, opened
from services.kit.paging import PageRequest
from tests.bench.recorded_statements import Statement, bare_connection, recorded, send
from tests.support.callers import OWNER
from tests.support.service_database import ServiceTemplates

_PAGE = PageRequest(limit=20)
_FILES_OF_A_BATCH = 20


@dataclass
class Speeds:
    """Operations per second, a figure for each round."""

    through_the_repository: list[float] = field(default_factory=list)
    in_bare_asyncpg: list[float] = field(default_factory=list)


@dataclass
class _Side:
    """One database of files, and the ids of what was stored in it."""

    files: Files
    batch: UUID = field(default_factory=uuid4)
    stored: list[UUID] = field(default_factory=list)

    async def create(self, files: FileRepository, number: int) -> None:
        """Store a file in the batch, or beside it once it has enough."""
        batch = self.batch if number < _FILES_OF_A_BATCH else uuid4()
        new = new_file(batch_id=batch)
        await files.create(new, new_version())
        self.stored.append(new.file_id)

    async def get(self, files: FileRepository, number: int) -> None:
        """Read a file."""
        await files.get(OWNER, self._file(number))

    async def add_version(self, files: FileRepository, number: int) -> None:
        """Store a file's next version."""
        await files.add_version(OWNER, self._file(number), new_version())

    async def list_batch(self, files: FileRepository, _number: int) -> None:
        """Read the first page of a batch."""
        await files.list_by_batch(OWNER, self.batch, FileFilter(), _PAGE)

    def _file(self, number: int) -> UUID:
        return self.stored[number % len(self.stored)]


Operation = Callable[[_Side, FileRepository, int], Awaitable[None]]
_OPERATIONS: dict[str, Operation] = {
    "create": _Side.create,
    "get": _Side.get,
    "add_version": _Side.add_version,
    "list_by_batch": _Side.list_batch,
}


@dataclass(frozen=True)
class _Ways:
    """The database whose statements are noted, the one that gets them again, and the one that is worked on."""

    noted: _Side
    bare: asyncpg.Connection
    worked: _Side

    async def round(self, operation: Operation, numbers: range, speeds: Speeds) -> None:
        """Do the operation once for each number, in each of the ways."""
        scripts = [await _statements(self.noted, operation, number) for number in numbers]
        began = time.perf_counter()
        for script in scripts:
            await send(self.bare, script)
        between = time.perf_counter()
        for number in numbers:
            await _once(self.worked, operation, number)
        ended = time.perf_counter()
        speeds.in_bare_asyncpg.append(len(numbers) / (between - began))
        speeds.through_the_repository.append(len(numbers) / (ended - between))


async def operations_per_second(templates: ServiceTemplates, rounds: int, repeat: int) -> dict[str, Speeds]:
    """Each operation's speed, `repeat` times in each of `rounds` that take turns between the two ways."""
    found = {name: Speeds() for name in _OPERATIONS}
    async with _ways(templates) as ways:
        for turn in range(rounds + 1):
            numbers = range(turn * repeat, (turn + 1) * repeat)
            for name, operation in _OPERATIONS.items():
                # The first turn warms caches up.
                await ways.round(operation, numbers, found[name] if turn else Speeds())
    return found


@asynccontextmanager
async def _ways(templates: ServiceTemplates) -> AsyncIterator[_Ways]:
    noted, bare, worked = (templates.create("file").app_url for _ in range(3))
    sides = [_Side(Files(opened(url))) for url in (noted, worked)]
    async with AsyncExitStack() as resources:
        for side in sides:
            resources.push_async_callback(side.files.database.close)
        connection = await resources.enter_async_context(bare_connection(bare))
        yield _Ways(sides[0], connection, sides[1])


async def _statements(side: _Side, operation: Operation, number: int) -> list[Statement]:
    with recorded(side.files.database.engine.sync_engine) as statements:
        await _once(side, operation, number)
    return statements


async def _once(side: _Side, operation: Operation, number: int) -> None:
    async with side.files.transaction() as files:
        await operation(side, files, number)
