"""What the storage of sessions promises, on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.api_gateway_service.domain import NewSession, Session
from services.api_gateway_service.session_cleaning import SESSIONS_AT_A_TIME, delete_expired_sessions
from services.api_gateway_service.tests.stored import Sessions
from services.kit.errors import NotFoundError, ValidationFailedError
from services.kit.paging import PageRequest
from tests.support.callers import HEAD, OWNER, STRANGER
from tests.support.database_clock import put_clock_ahead
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

HOUR = timedelta(hours=1)
EVER_AGO = timedelta(0)


def _new(**differing: Any) -> NewSession:
    usual = {"user_id": OWNER.user_id, "jti": uuid4().hex, "device": "a browser", "ip": "2001:db8::1"}
    return NewSession(**{**usual, "expires_at": datetime.now(UTC) + HOUR, **differing})


async def _opened(sessions: Sessions, **differing: Any) -> Session:
    async with sessions.transaction() as repository:
        return await repository.open(_new(**differing))


async def test_a_session_is_stored_as_it_was_opened(sessions: Sessions) -> None:
    new = _new()
    async with sessions.transaction() as repository:
        opened = await repository.open(new)
    async with sessions.transaction() as repository:
        assert await repository.find(new.jti) == opened
        assert await repository.get(OWNER, opened.session_id) == opened
    assert (opened.user_id, opened.device, opened.ip) == (new.user_id, new.device, new.ip)
    assert (opened.expires_at, opened.revoked_at) == (new.expires_at, None)


async def test_a_token_id_that_nobody_used_has_no_session(sessions: Sessions) -> None:
    async with sessions.transaction() as repository:
        assert await repository.find("unused") is None


async def test_opening_again_changes_nothing(sessions: Sessions) -> None:
    first = await _opened(sessions, jti="one")
    assert await _opened(sessions, jti="one", device="another", expires_at=datetime.now(UTC)) == first


async def test_a_session_that_was_revoked_stays_so_when_it_is_opened_again(sessions: Sessions) -> None:
    first = await _opened(sessions, jti="one")
    async with sessions.transaction() as repository:
        await repository.revoke(OWNER, first.session_id)
    assert (await _opened(sessions, jti="one")).revoked_at is not None


async def test_of_many_who_open_at_once_one_makes_the_session(sessions: Sessions) -> None:
    opened = await asyncio.gather(*(_opened(sessions, jti="one") for _ in range(10)))
    assert set(opened) == {opened[0]}


async def test_what_cannot_be_stored_is_refused(sessions: Sessions) -> None:
    for wrong in ({"ip": "nowhere"}, {"jti": "x" * 256}, {"device": "x" * 513}):
        with pytest.raises(ValidationFailedError):
            await _opened(sessions, **wrong)


async def test_a_touch_is_noted_once_in_a_while(sessions: Sessions) -> None:
    session = await _opened(sessions)
    async with sessions.transaction() as repository:
        assert not await repository.touch(session.session_id, HOUR)
        assert await repository.touch(session.session_id, EVER_AGO)
        touched = await repository.get(OWNER, session.session_id)
        assert not await repository.touch(uuid4(), EVER_AGO)
    assert touched.last_activity_at > session.last_activity_at


async def test_of_many_who_touch_at_once_one_does(sessions: Sessions, gateway_database: ServiceDatabase) -> None:
    session = await _opened(sessions)
    run(gateway_database.app_url, "UPDATE user_sessions SET last_activity_at = now() - interval '2 hours'")

    async def touch() -> bool:
        async with sessions.transaction() as repository:
            return await repository.touch(session.session_id, HOUR)

    assert sum(await asyncio.gather(*(touch() for _ in range(10)))) == 1


async def test_a_session_lasts_as_long_as_whoever_goes_furthest_says(sessions: Sessions) -> None:
    session = await _opened(sessions)

    async def extend(hours: int) -> Session:
        async with sessions.transaction() as repository:
            return await repository.extend(session, session.expires_at + hours * HOUR)

    extended = await asyncio.gather(*(extend(hours) for hours in (1, 3, 2, -1)))
    assert [each.expires_at - session.expires_at for each in extended] == [HOUR, 3 * HOUR, 2 * HOUR, 0 * HOUR]
    async with sessions.transaction() as repository:
        assert (await repository.get(OWNER, session.session_id)).expires_at == session.expires_at + 3 * HOUR


async def test_a_revoked_session_is_not_touched(sessions: Sessions) -> None:
    session = await _opened(sessions)
    async with sessions.transaction() as repository:
        await repository.revoke(OWNER, session.session_id)
        assert not await repository.touch(session.session_id, EVER_AGO)


async def test_a_session_is_revoked_once(sessions: Sessions) -> None:
    session = await _opened(sessions)

    async def revoke() -> bool:
        async with sessions.transaction() as repository:
            return await repository.revoke(OWNER, session.session_id)

    assert sum(await asyncio.gather(*(revoke() for _ in range(10)))) == 1
    assert not await revoke()


async def test_all_sessions_of_a_user_end_and_nobody_elses(sessions: Sessions) -> None:
    for _ in range(3):
        await _opened(sessions)
    others = await _opened(sessions, user_id=STRANGER.user_id)
    async with sessions.transaction() as repository:
        assert await repository.revoke_all(OWNER, OWNER.user_id) == 3
        assert await repository.revoke_all(OWNER, OWNER.user_id) == 0
        assert (await repository.get(STRANGER, others.session_id)).revoked_at is None


async def test_of_all_sessions_that_end_those_that_had_expired_are_not_counted(sessions: Sessions) -> None:
    await _opened(sessions)
    expired = await _opened(sessions, expires_at=datetime.now(UTC) - HOUR)
    async with sessions.transaction() as repository:
        assert await repository.revoke_all(OWNER, OWNER.user_id) == 1
        assert (await repository.get(OWNER, expired.session_id)).revoked_at is not None


async def test_what_belongs_to_another_is_not_found_but_by_an_admin(sessions: Sessions) -> None:
    session = await _opened(sessions)
    async with sessions.transaction() as repository:
        for refused in (
            repository.get(STRANGER, session.session_id),
            repository.revoke(STRANGER, session.session_id),
            repository.revoke_all(STRANGER, OWNER.user_id),
            repository.list_active(STRANGER, OWNER.user_id, PageRequest()),
            repository.get(HEAD, uuid4()),
            repository.revoke(HEAD, uuid4()),
        ):
            with pytest.raises(NotFoundError):
                await refused
        assert await repository.get(HEAD, session.session_id) == session
        assert (await repository.list_active(HEAD, OWNER.user_id, PageRequest())).items == (session,)
        assert await repository.revoke(HEAD, session.session_id)


async def test_active_sessions_are_listed_page_by_page(sessions: Sessions) -> None:
    active = [await _opened(sessions) for _ in range(3)]
    await _opened(sessions, expires_at=datetime.now(UTC) - HOUR)
    ended = await _opened(sessions)
    async with sessions.transaction() as repository:
        await repository.revoke(OWNER, ended.session_id)
        first = await repository.list_active(OWNER, OWNER.user_id, PageRequest(2))
        second = await repository.list_active(OWNER, OWNER.user_id, PageRequest.of(2, first.next_cursor))
        assert (await repository.list_active(HEAD, "nobody", PageRequest())).items == ()
    assert [*first.items, *second.items] == active
    assert second.next_cursor is None


async def test_cleaning_removes_what_expired_before_the_grace_and_nothing_else(
    sessions: Sessions, gateway_database: ServiceDatabase
) -> None:
    now = datetime.now(UTC)
    kept = [await _opened(sessions), await _opened(sessions, expires_at=now - HOUR)]
    count = SESSIONS_AT_A_TIME + 1
    run(
        gateway_database.app_url,
        "INSERT INTO user_sessions (user_id, jti, expires_at)"
        f" SELECT 'anna', n::text, now() - interval '3 hours' FROM generate_series(1, {count}) n",
    )
    assert await delete_expired_sessions(sessions.database, 2 * HOUR) == count
    async with sessions.transaction() as repository:
        assert [await repository.find(session.jti) for session in kept] == kept


@pytest.mark.parametrize(("ahead", "removed"), [(2 * HOUR, 0), (4 * HOUR, 1)])
async def test_the_clock_of_the_database_says_which_session_is_over(
    sessions: Sessions, gateway_database: ServiceDatabase, ahead: timedelta, removed: int
) -> None:
    put_clock_ahead(gateway_database, ahead)
    await _opened(sessions)
    assert await delete_expired_sessions(sessions.database, 2 * HOUR) == removed


async def test_two_who_clean_at_once_remove_each_session_once(
    sessions: Sessions, gateway_database: ServiceDatabase
) -> None:
    run(
        gateway_database.app_url,
        "INSERT INTO user_sessions (user_id, jti, expires_at)"
        " SELECT 'anna', n::text, now() - interval '3 hours' FROM generate_series(1, 100) n",
    )
    removed = await asyncio.gather(*(delete_expired_sessions(sessions.database, HOUR) for _ in range(3)))
    assert sum(removed) == 100
    assert run(gateway_database.app_url, "SELECT count(*) FROM user_sessions") == [(0,)]


async def test_a_session_that_is_just_used_is_left_for_the_next_time(sessions: Sessions) -> None:
    session = await _opened(sessions, expires_at=datetime.now(UTC) - 2 * HOUR)
    async with sessions.transaction() as busy:
        assert await busy.touch(session.session_id, EVER_AGO)
        assert await delete_expired_sessions(sessions.database, HOUR) == 0
    assert await delete_expired_sessions(sessions.database, HOUR) == 1
