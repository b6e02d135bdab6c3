"""The first step of every spell check: its job is there and pending before anybody works on it."""

from typing import Any, NoReturn
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ConflictError, NotFoundError
from services.kit.identity import Caller
from services.kit.postgres.errors import database_errors
from services.kit.postgres.processed_messages import Message, ProcessedMessages, key_reused
from services.spell_checker_service.domain import MOVES, JobStatus
from services.spell_checker_service.job_queries import found, one_job
from services.spell_checker_service.models_db import ProcessedMessageRow, SpellcheckJobRow
from services.spell_checker_service.requests import RetryRequest, SpellcheckRequest

_UNDONE = (JobStatus.PENDING, JobStatus.IN_PROGRESS)


class JobRegistration:
    """Makes jobs pending, in the transaction of its session; a message that was answered needs none any more."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._messages = ProcessedMessages(session, ProcessedMessageRow)

    async def register(self, request: SpellcheckRequest) -> None:
        """See to it that the essay has a job for this request; ConflictError."""
        message = request.message
        if await self._was_answered(message):
            return
        essay = select(SpellcheckJobRow).filter_by(**_essay(request))
        row = await self._current(essay)
        if row is None:
            if not await self._is_taken(message) and await self._was_new(request):
                return
            row = await self._current(essay)
        if row is None:
            raise key_reused(message)
        if row.user_id != message.user_id:
            raise NotFoundError(f"there is no essay {request.essay_id}")
        if await self._is_asked_for(row, message):
            return
        if row.status is not JobStatus.FAILED:
            _refuse_second_job(row)
        await self._take_over(row, message, _asked(request))

    async def register_retry(self, request: RetryRequest) -> Message:
        """Make a job that failed `pending` again; NotFoundError, ConflictError."""
        row = found(await self._current(one_job(request.caller, request.job_id)), request.job_id)
        message = request.message_to(row.user_id)
        if await self._was_answered(message) or await self._is_asked_for(row, message):
            return message
        MOVES.refuse(row.status, JobStatus.PENDING)
        asked: dict[str, Any] = {"correlation_id": request.correlation_id}
        if request.caller.user_id == row.user_id:
            asked |= {"user_roles": _roles(request.caller)}
        await self._take_over(row, message, asked)
        return message

    async def _was_answered(self, message: Message) -> bool:
        return await self._messages.answer_to(message) is not None

    async def _current(self, one: Select[SpellcheckJobRow]) -> SpellcheckJobRow | None:
        """The job, locked if it can be taken over. Others are not: a text's work holds its job's lock for long.

        An INSERT would wait for that lock too, which is why jobs are looked for first.
        """
        row = await self._session.scalar(one)
        if row is None or row.status is not JobStatus.FAILED:
            return row
        return await self._session.scalar(one.with_for_update().execution_options(populate_existing=True))

    async def _is_asked_for(self, row: SpellcheckJobRow, message: Message) -> bool:
        """Whether the message asked for what the job does or has done, unless its answer was forgotten since."""
        if row.idempotency_key != message.idempotency_key:
            return False
        if row.request_sha256 != message.request_sha256:
            raise key_reused(message)
        return row.status in _UNDONE or await self._was_answered(message)

    async def _is_taken(self, message: Message) -> bool:
        key = {"user_id": message.user_id, "idempotency_key": message.idempotency_key}
        return await self._session.scalar(select(SpellcheckJobRow.job_id).filter_by(**key)) is not None

    async def _was_new(self, request: SpellcheckRequest) -> bool:
        ids = {"job_id": uuid4(), **_essay(request), **vars(request.message)}
        new = insert(SpellcheckJobRow).values(**ids, **_asked(request))
        stored = await self._session.execute(new.on_conflict_do_nothing().returning(SpellcheckJobRow.job_id))
        return stored.first() is not None

    async def _take_over(self, row: SpellcheckJobRow, message: Message, asked: dict[str, Any]) -> None:
        """The job is as if it were asked for by this message alone, without the error of the try before."""
        changes = {**vars(message), **asked, "status": JobStatus.PENDING, "error_code": None, "error_detail": None}
        for column, value in changes.items():
            setattr(row, column, value)
        try:
            with database_errors():
                await self._session.flush()
        except ConflictError as error:
            raise key_reused(message) from error


def _essay(request: SpellcheckRequest) -> dict[str, UUID]:
    return {"batch_id": request.batch_id, "essay_id": request.essay_id}


def _asked(request: SpellcheckRequest) -> dict[str, Any]:
    return {"correlation_id": request.correlation_id, "user_roles": _roles(request.caller), **vars(request.text)}


def _roles(caller: Caller) -> tuple[str, ...]:
    return tuple(sorted(caller.roles))


def _refuse_second_job(row: SpellcheckJobRow) -> NoReturn:
    raise ConflictError(
        f"essay {row.essay_id} has a spell-check job already",
        code="essay_has_a_job",
        details={"job_id": str(row.job_id), "status": row.status.value},
    )
