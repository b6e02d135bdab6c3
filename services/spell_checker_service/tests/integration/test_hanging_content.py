"""While the content service hangs, texts wait for it in places of their own, and all else is answered as always."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import httpx
import pytest_asyncio

from services.spell_checker_service.pending_jobs import PendingJobs
from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import (
    ContentLink,
    Service,
    running_content,
    running_spell_checker,
    settings_for,
)
from tests.support.callers import ADMIN
from tests.support.postgres import CreateDatabase

AT_ONCE = timedelta(microseconds=1)
PLACES = 2


class HangingContent(ContentLink):
    """The way to a content service that takes requests and may leave them without an answer."""

    def __init__(self, content: httpx.AsyncClient) -> None:
        super().__init__(content)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.hanging = asyncio.Semaphore(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.may_answer.is_set():
            self.hanging.release()
        await self.may_answer.wait()
        return await super().handle_async_request(request)


@dataclass(frozen=True)
class Slowed:
    """A spell checker with few connections, and the content service on which it waits."""

    service: Service
    content: HangingContent

    async def finish_pending_jobs(self) -> int:
        return await (await self.service.container.get(PendingJobs)).finish_pending_jobs(AT_ONCE)


@pytest_asyncio.fixture(name="slowed")
async def slowed_fixture(service_database: CreateDatabase, speller: Speller) -> AsyncIterator[Slowed]:
    own, contents = service_database("spell_checker"), service_database("content")
    settings = settings_for(own, database_pool_size=2 * PLACES, database_pool_timeout=1.0, content_service_timeout=60.0)
    async with running_content(contents) as content:
        hanging = HangingContent(content)
        async with (
            httpx.AsyncClient(transport=hanging, base_url="http://content") as slow,
            running_spell_checker(settings, slow, speller) as service,
        ):
            yield Slowed(service, hanging)


async def test_what_is_known_is_answered_and_who_finds_no_place_is_told_to_come_again(slowed: Slowed) -> None:
    service = slowed.service
    known = await service.question("A cat.")
    job = (await service.ask(known, key="known")).json()
    questions = [await service.question("A lettter.") for _ in range(3 * PLACES)]
    slowed.content.may_answer.clear()
    asked = [asyncio.create_task(service.ask(question)) for question in questions]
    for _ in range(PLACES):
        await slowed.content.hanging.acquire()
    for refused in [await answer for answer in islice(asyncio.as_completed(asked), 2 * PLACES)]:
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "checks_are_busy")
        assert "Retry-After" in refused.headers
    lists = await asyncio.gather(*(service.read("jobs") for _ in range(3 * PLACES)))
    assert [len(answer.json()["jobs"]) for answer in lists] == [1 + len(questions)] * len(lists)
    assert (await service.client.get("/healthz")).status_code == 200
    assert (await service.ask(known, key="known")).json() == job
    others = await asyncio.gather(*(service.ask(question, key="other") for question in questions))
    assert {answer.json()["error"]["code"] for answer in others} == {"essay_has_a_job"}
    slowed.content.may_answer.set()
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201] * PLACES + [503] * 2 * PLACES
    assert await slowed.finish_pending_jobs() == 2 * PLACES
    jobs = (await service.read("jobs")).json()["jobs"]
    assert {one["status"] for one in jobs} == {"success"}


async def test_an_admins_job_on_anothers_text_is_finished_with_the_roles_of_the_admin(slowed: Slowed) -> None:
    service = slowed.service
    question = await service.question("Anna's own lettter.")
    service.link.is_cut = True
    assert (await service.ask(question, headers=ADMIN)).status_code == 503
    service.link.is_cut = False
    assert await slowed.finish_pending_jobs() == 1
    (job,) = (await service.read("jobs", headers=ADMIN)).json()["jobs"]
    assert (job["status"], job["error_code"]) == ("success", None)
    assert await service.read_text(job["corrected_storage_id"], headers=ADMIN) == "Anna's own letter."
