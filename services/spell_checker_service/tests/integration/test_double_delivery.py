"""What comes more than once is done once: one after the other, truly at once, and at two replicas."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from services.spell_checker_service.spelling.speller import Speller
from services.spell_checker_service.tests.service import Service, running_content, running_spell_checker, settings_for
from tests.support.callers import BERT
from tests.support.service_database import ServiceTemplates

AT_ONCE = 6


@dataclass(frozen=True)
class Replicas:
    """Two spell checkers on one database."""

    first: Service
    second: Service

    def work_done(self) -> dict[str, int]:
        """How often texts were read, and stored."""
        requests = [*self.first.link.requests, *self.second.link.requests]
        stored = requests.count(("POST", "/v1/contents"))
        return {"read": sum(method == "GET" for method, _ in requests), "stored": stored}

    def forget(self) -> None:
        self.first.link.requests.clear()
        self.second.link.requests.clear()


@pytest_asyncio.fixture(name="replicas", scope="module", loop_scope="session")
async def replicas_fixture(service_templates: ServiceTemplates, speller: Speller) -> AsyncIterator[Replicas]:
    own, contents = service_templates.create("spell_checker"), service_templates.create("content")
    # A repetition waits for the first one's answer; here however long the machine takes.
    settings = settings_for(own, database_lock_timeout=60.0, database_statement_timeout=60.0)
    async with (
        running_content(contents) as content,
        running_spell_checker(settings, content, speller) as first,
        running_spell_checker(settings, content, speller) as second,
    ):
        yield Replicas(first, second)
    for database in (own, contents):
        service_templates.drop(database)


async def test_a_request_that_comes_again_gets_the_first_answer_and_nothing_is_done(replicas: Replicas) -> None:
    question = await replicas.first.question("A lettter that comes twice.")
    first = await replicas.first.ask(question, key="twice")
    replicas.forget()
    again = await replicas.second.ask(question, key="twice")
    assert (again.status_code, again.json()) == (201, first.json())
    assert replicas.work_done() == {"read": 0, "stored": 0}


async def test_of_many_that_come_at_once_at_two_replicas_one_does_the_work_and_all_get_its_answer(
    replicas: Replicas,
) -> None:
    question = await replicas.first.question("A lettter that comes at once.")
    replicas.forget()
    asked = [
        service.ask(question, key="at once") for service in (replicas.first, replicas.second) for _ in range(AT_ONCE)
    ]
    answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [201] * (2 * AT_ONCE)
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert replicas.work_done() == {"read": 1, "stored": 1}
    corrections = await replicas.first.read(f"jobs/{answers[0].json()['job_id']}/corrections")
    assert len(corrections.json()["corrections"]) == 1


async def test_of_different_requests_for_one_essay_that_come_at_once_one_is_done(replicas: Replicas) -> None:
    question = await replicas.first.question("A lettter for which many ask.")
    replicas.forget()
    asked = [service.ask(question) for service in (replicas.first, replicas.second) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (2 * AT_ONCE - 1)
    assert replicas.work_done() == {"read": 1, "stored": 1}


async def test_many_essays_at_once_are_all_checked(replicas: Replicas) -> None:
    questions = [await replicas.first.question(f"Lettter {'abcdef'[number]}.") for number in range(AT_ONCE)]
    services = (replicas.first, replicas.second)
    answers = await asyncio.gather(*(services[n % 2].ask(question) for n, question in enumerate(questions)))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE


async def test_a_failure_is_a_first_answer_too_and_stays_one_after_a_retry(replicas: Replicas) -> None:
    service = replicas.first
    question = await service.question(b"\xfd\xfe")
    failed = await service.ask(question, key="fails")
    await service.replace_text(question["original_storage_id"], "A lettter that was mended.")
    retried = await service.retry(failed.json(), key="mended")
    assert (failed.status_code, retried.status_code) == (422, 200)
    assert (await service.ask(question, key="fails")).json() == failed.json()


async def test_of_retries_that_come_at_once_one_does_the_work_and_all_get_its_answer(replicas: Replicas) -> None:
    failed = await replicas.first.refused()
    await replicas.first.replace_text(failed["original_storage_id"], "A lettter that is tried again.")
    replicas.forget()
    asked = [
        service.retry(failed, key="again") for service in (replicas.first, replicas.second) for _ in range(AT_ONCE)
    ]
    answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [200] * (2 * AT_ONCE)
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert replicas.work_done() == {"read": 1, "stored": 1}


async def test_a_key_says_one_thing_only(replicas: Replicas) -> None:
    service = replicas.first
    question = await service.question("A cat.")
    job = (await service.ask(question, key="said")).json()
    other_essay = await service.question("A cat.")
    for answer in (
        await service.ask({**question, "language": "sv"}, key="said"),
        await service.ask(other_essay, key="said"),
        await service.retry(job, key="said"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_reused")


async def test_a_key_is_its_users_own(replicas: Replicas) -> None:
    service = replicas.first
    annas = await service.ask(await service.question("A cat."), key="mine")
    berts_text = await service.stored_text("A dog.", headers=BERT)
    berts = await service.ask(await service.question(original_storage_id=berts_text), key="mine", headers=BERT)
    assert (annas.status_code, berts.status_code, berts.json()["user_id"]) == (201, 201, "bert")


async def test_the_order_of_a_whitelist_makes_no_other_request(replicas: Replicas) -> None:
    question = await replicas.first.question("A cat.", whitelist=["Åsa", "Björk"])
    first = await replicas.first.ask(question, key="names")
    again = await replicas.first.ask({**question, "whitelist": ["Björk", "Åsa", "Åsa"]}, key="names")
    assert again.json() == first.json()
