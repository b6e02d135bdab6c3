"""The first step of every spell check: its job is there and pending before anybody works on it."""

from typing import Any, NoReturn
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.errors import ConflictError, NotFoundError
from services.kit.postgres.errors import database_errors
from services.kit.postgres.processed_messages import Message, ProcessedMessages, key_reused
from services.spell_checker_service.domain import JobStatus, refuse_move
from services.spell_checker_service.job_queries import found, one_job
from services.spell_checker_service.models_db import ProcessedMessageRow, SpellcheckJobRow
from services.spell_checker_service.requests import RetryRequest, SpellcheckRequest


class JobRegistration:
    """Makes jobs pending, in the transaction of its session; a message that was answered needs none any more."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._messages = ProcessedMessages(session, ProcessedMessageRow)

    async def register(self, request: SpellcheckRequest) -> None:
        """See to it that the essay has a job for this request; ConflictError."""
        message = request.message
        if await self._messages.answer_to(message) is not None or await self._was_new(request):
            return
        essay = select(SpellcheckJobRow).filter_by(batch_id=request.batch_id, essay_id=request.essay_id)
        row = await self._session.scalar(essay.with_for_update())
        if row is None:
            raise key_reused(message)
        if row.user_id != message.user_id:
            raise NotFoundError(f"there is no essay {request.essay_id}")
        if row.idempotency_key == message.idempotency_key:
            _refuse_another_request(row, message)
            return
        if row.status is not JobStatus.FAILED:
            _refuse_second_job(row)
        await self._take_over(row, message, _asked(request))

    async def register_retry(self, request: RetryRequest) -> Message:
        """Make a job that failed `pending` again; NotFoundError, ConflictError."""
        one = one_job(request.caller, request.job_id).with_for_update()
        row = found(await self._session.scalar(one), request.job_id)
        message = request.message_to(row.user_id)
        if await self._messages.answer_to(message) is not None:
            return message
        if row.idempotency_key == message.idempotency_key:
            _refuse_another_request(row, message)
            return message
        refuse_move(row.status, JobStatus.PENDING)
        await self._take_over(row, message, {"correlation_id": request.correlation_id})
        return message

    async def _was_new(self, request: SpellcheckRequest) -> bool:
        ids = {"job_id": uuid4(), "batch_id": request.batch_id, "essay_id": request.essay_id}
        new = insert(SpellcheckJobRow).values(**ids, **vars(request.message), **_asked(request))
        with database_errors():
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


def _asked(request: SpellcheckRequest) -> dict[str, Any]:
    return {"correlation_id": request.correlation_id, **vars(request.text)}


def _refuse_another_request(row: SpellcheckJobRow, message: Message) -> None:
    if row.request_sha256 != message.request_sha256:
        raise key_reused(message)


def _refuse_second_job(row: SpellcheckJobRow) -> NoReturn:
    raise ConflictError(
        f"essay {row.essay_id} has a spell-check job already",
        code="essay_has_a_job",
        details={"job_id": str(row.job_id), "status": row.status.value},
    )
