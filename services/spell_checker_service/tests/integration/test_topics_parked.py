"""Parked messages: what an operator sees of them, sends again and gives up."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.kit.command_line import FAILED, USAGE
from services.spell_checker_service.__main__ import command
from services.spell_checker_service.domain import JobStatus
from services.spell_checker_service.tests.topic_service import REQUESTED, Surroundings, as_sent
from tests.support.sql import run
from tests.support.waiting import eventually

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)
Parked = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture(name="parked")
def _parked(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Parked:
    """Runs `python -m services.spell_checker_service parked …`."""
    prefix = "SPELL_CHECKER_SERVICE_"
    monkeypatch.setenv("HULEEDU_ENV_FILE", os.devnull)
    monkeypatch.setenv(f"{prefix}DATABASE_URL", around.place.app_url)
    monkeypatch.setenv(f"{prefix}CONTENT_SERVICE_URL", "http://content")
    monkeypatch.setenv(f"{prefix}KAFKA_BOOTSTRAP", around.topics.bootstrap)

    async def invoke(*words: str) -> Result:
        # A command runs an event loop of its own.
        return await asyncio.to_thread(CliRunner().invoke, command, ["parked", *words])

    return invoke


async def _refused(around: Surroundings, *messages: Any) -> None:
    """Messages that nobody has answered are parked, in partition 0 from its beginning on."""
    async with around.replica():
        for each in messages:
            await around.topics.send(
                REQUESTED, each, partition=0, headers=[("correlation_id", b"x"), ("kept", b"\xff")]
            )
        await around.done(len(messages))
    assert len(around.parked()) == len(messages)


async def test_parked_messages_are_listed_with_their_reasons_and_shown_with_all_they_were(
    around: Surroundings, parked: Parked
) -> None:
    await _refused(around, b"{no json", b"\xfe")
    listed = [json.loads(line) for line in (await parked("list", "--json")).stdout.splitlines()]
    assert [(each["id"], each["code"], each["bytes"]) for each in listed] == [
        (f"{REQUESTED}:0:0", "malformed", 8),
        (f"{REQUESTED}:0:1", "malformed", 1),
    ]
    limited = await parked("list", "--limit", "1")
    assert "there are more than 1" in limited.stderr
    shown = json.loads((await parked("show", f"{REQUESTED}:0:1", "--json")).stdout)
    assert (shown["value"], shown["headers"]) == ("\\xfe", {"correlation_id": "x", "kept": "\\xff"})


async def test_a_replayed_message_is_answered_once_its_cause_is_mended_and_parked_no_more(
    around: Surroundings, parked: Parked
) -> None:
    async with around.replica() as service:
        asked = await around.requested(service)
        job = (await service.ask(asked["data"])).json()
        await around.send(asked, partition=0)
        await around.done(1)
        assert around.parked() == [("essay_has_a_job", as_sent(asked))]
        deleted = await service.client.delete(f"/v1/spellcheck/jobs/{job['job_id']}", headers={"X-User-ID": "anna"})
        assert deleted.is_success
        answer = await parked("replay", "--all")
        assert (answer.exit_code, answer.stdout.strip()) == (0, f"{REQUESTED}:0:0: sent again")
        await around.done(2)
    assert around.parked() == []
    assert [result.data.status for result in around.results()] == [JobStatus.SUCCESS] * 2


async def test_what_is_replayed_and_still_refused_is_parked_anew(around: Surroundings, parked: Parked) -> None:
    await _refused(around, b"{no json")
    assert (await parked("replay", f"{REQUESTED}:0:0")).exit_code == 0
    assert around.parked() == []
    async with around.replica():
        await around.done(2)
    assert around.parked() == [("malformed", "{no json")]


async def test_a_discarded_message_is_gone_for_a_reason_that_must_be_said(around: Surroundings, parked: Parked) -> None:
    await _refused(around, b"{no json")
    assert (await parked("discard", f"{REQUESTED}:0:0", "--reason", " ")).exit_code == USAGE
    assert (await parked("discard", f"{REQUESTED}:0:0", "--reason", "a test of the sender's")).exit_code == 0
    assert around.parked() == []


async def test_a_message_that_was_not_kept_whole_is_not_sent_again(around: Surroundings, parked: Parked) -> None:
    await _refused(around, b"{no json")
    run(around.place.superuser_dsn, "UPDATE parked_messages SET value_bytes = 2000000")
    answer = await parked("replay", f"{REQUESTED}:0:0")
    assert (answer.exit_code, "2000000 bytes" in answer.stderr) == (FAILED, True)
    assert (await parked("replay", "--all")).exit_code == 0
    assert len(around.parked()) == 1


@pytest.mark.parametrize(
    "words", [("replay",), ("replay", "--all", "x:0:0"), ("show", "x"), ("show", "x:0:0")], ids=str
)
async def test_what_names_no_parked_message_is_a_wrong_request(parked: Parked, words: tuple[str, ...]) -> None:
    answer = await parked(*words)
    assert answer.exit_code == USAGE
    assert answer.stderr


async def test_nothing_is_replayed_without_kafka_and_nothing_forgotten(
    around: Surroundings, parked: Parked, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _refused(around, b"{no json")
    monkeypatch.delenv("SPELL_CHECKER_SERVICE_KAFKA_BOOTSTRAP")
    answer = await parked("replay", "--all")
    assert (answer.exit_code, "KAFKA_BOOTSTRAP is not set" in answer.stderr) == (USAGE, True)
    monkeypatch.setenv("SPELL_CHECKER_SERVICE_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    assert (await parked("replay", "--all")).exit_code == FAILED
    assert len(around.parked()) == 1


async def test_a_message_that_cannot_be_parked_is_passed_over_by_nobody(around: Surroundings) -> None:
    async with around.replica() as service:
        run(around.place.migrator_url, "ALTER TABLE parked_messages RENAME TO away")
        asked = await around.requested(service)
        for each in (b"{no json", asked):
            await around.topics.send(REQUESTED, each, partition=0)

        async def is_degraded() -> bool:
            return bool((await service.client.get("/healthz")).json()["status"] == "degraded")

        await eventually(is_degraded)
        assert around.results() == []
        run(around.place.migrator_url, "ALTER TABLE away RENAME TO parked_messages")
        await around.done(2)
    assert [code for code, _ in around.parked()] == ["malformed"]
    assert len(around.results()) == 1
