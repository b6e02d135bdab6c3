"""What came once is done once, however often and however close together it comes again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.kit.errors import ConflictError, ValidationFailedError
from services.kit.postgres.actor import Actor
from services.kit.postgres.processed_messages import Message, Outcome, ProcessedMessages, fingerprint
from tests.support.postgres import CreateDatabase
from tests.support.processed_messages import SERVICES, message_table
from tests.support.storage import Storage

MESSAGE = Message("anna", "key-1", fingerprint({"essay": 1}))


class Work:
    """Counts how often it was done, and can be held up or fail in the middle."""

    def __init__(self, *, failures: int = 0) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.times = 0
        self._failures = failures

    async def __call__(self) -> Outcome:
        self.begun.set()
        await self.may_end.wait()
        self.times += 1
        if self.times <= self._failures:
            raise RuntimeError("killed in the middle")
        return {"job": self.times}


@pytest.fixture(name="storage", params=SERVICES)
async def _storage(
    request: pytest.FixtureRequest, service_database: CreateDatabase
) -> AsyncIterator[Storage[ProcessedMessages]]:
    async with message_table(service_database, request.param) as table:
        yield Storage(table.database, lambda session: ProcessedMessages(session, table.row))


async def _sent(storage: Storage[ProcessedMessages], work: Work, message: Message = MESSAGE) -> tuple[Outcome, bool]:
    async with storage.transaction() as messages:
        answered = await messages.first_answer(message, work)
    return answered.outcome, answered.repeated


async def test_a_repetition_gets_the_first_answer_and_does_no_work(storage: Storage[ProcessedMessages]) -> None:
    work = Work()
    assert await _sent(storage, work) == ({"job": 1}, False)
    assert await _sent(storage, work) == ({"job": 1}, True)
    assert work.times == 1


async def test_of_many_that_come_at_once_one_works_and_all_get_its_answer(storage: Storage[ProcessedMessages]) -> None:
    work = Work()
    answers = await asyncio.gather(*(_sent(storage, work) for _ in range(8)))
    assert [outcome for outcome, _ in answers] == [{"job": 1}] * 8
    assert sorted(repeated for _, repeated in answers) == [False] + [True] * 7
    assert work.times == 1


async def test_who_comes_while_the_first_works_waits_for_its_answer(storage: Storage[ProcessedMessages]) -> None:
    work = Work()
    work.may_end.clear()
    first = asyncio.create_task(_sent(storage, work))
    await work.begun.wait()
    second = asyncio.create_task(_sent(storage, Work(failures=1)))
    done, _ = await asyncio.wait({second}, timeout=0.2)
    assert done == set()
    work.may_end.set()
    assert (await first, await second) == (({"job": 1}, False), ({"job": 1}, True))


async def test_work_that_failed_is_done_by_whoever_comes_next(storage: Storage[ProcessedMessages]) -> None:
    work = Work(failures=1)
    with pytest.raises(RuntimeError, match="killed in the middle"):
        await _sent(storage, work)
    assert await _sent(storage, work) == ({"job": 2}, False)


async def test_what_was_answered_is_known_without_work_and_what_was_not_is_not(
    storage: Storage[ProcessedMessages],
) -> None:
    await _sent(storage, Work())
    async with storage.transaction() as messages:
        assert await messages.answer_to(MESSAGE) == {"job": 1}
        assert await messages.answer_to(replace(MESSAGE, idempotency_key="key-2")) is None
        with pytest.raises(ConflictError, match="key-1"):
            await messages.answer_to(replace(MESSAGE, request_sha256=fingerprint({"essay": 2})))


async def test_an_answer_that_is_forgotten_in_this_very_moment_is_worked_out_anew(
    storage: Storage[ProcessedMessages],
) -> None:
    await _sent(storage, Work())
    async with storage.database.session(Actor(route="test")) as forgetting:
        await forgetting.execute(text("DELETE FROM processed_messages"))
        again = asyncio.create_task(_sent(storage, Work()))
        done, _ = await asyncio.wait({again}, timeout=0.2)
        assert done == set()
        await forgetting.commit()
    assert await again == ({"job": 1}, False)


async def test_a_message_that_was_committed_without_its_outcome_is_no_answer(
    storage: Storage[ProcessedMessages],
) -> None:
    await _sent(storage, Work())
    async with storage.database.transaction(Actor(route="test")) as session:
        await session.execute(text("UPDATE processed_messages SET outcome = NULL"))
    with pytest.raises(RuntimeError, match="key-1"):
        await _sent(storage, Work())


async def test_a_message_without_a_fingerprint_cannot_be_stored(storage: Storage[ProcessedMessages]) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        await _sent(storage, Work(), replace(MESSAGE, request_sha256="none"))
    assert "ck_processed_messages_request_sha256_is_lower_case_hex" in str(refusal.value.__cause__)


async def test_a_key_that_was_used_for_another_request_is_refused(storage: Storage[ProcessedMessages]) -> None:
    await _sent(storage, Work())
    other = replace(MESSAGE, request_sha256=fingerprint({"essay": 2}))
    with pytest.raises(ConflictError, match="key-1") as refusal:
        await _sent(storage, Work(), other)
    assert refusal.value.code == "idempotency_key_reused"


async def test_a_key_is_its_senders_own(storage: Storage[ProcessedMessages]) -> None:
    await _sent(storage, Work())
    assert await _sent(storage, Work(), replace(MESSAGE, user_id="bert")) == ({"job": 1}, False)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_a_fingerprint_does_not_depend_on_the_order_of_fields(fields: dict[str, int | str | None]) -> None:
    assert fingerprint(fields) == fingerprint(dict(reversed(fields.items())))


def test_a_fingerprint_tells_requests_apart_and_takes_ids_and_times() -> None:
    when, which = datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1)
    assert fingerprint({"when": when, "id": which}) != fingerprint({"when": when, "id": UUID(int=2)})
    assert len(fingerprint({"when": when, "id": which})) == 64


async def test_two_senders_of_one_key_each_get_their_own_answer_again(storage: Storage[ProcessedMessages]) -> None:
    work, sent = Work(), [MESSAGE, replace(MESSAGE, user_id="bert"), replace(MESSAGE, user_id="carl")]
    first = [await _sent(storage, work, message) for message in sent]
    again = [await _sent(storage, work, message) for message in sent]
    assert first == [({"job": number}, False) for number in (1, 2, 3)]
    assert again == [({"job": number}, True) for number in (1, 2, 3)]
