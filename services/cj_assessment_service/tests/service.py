"""A comparative judgement service on real parts, and what its tests ask of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr

from services.cj_assessment_service.app import DEFINITION
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from tests.support.callers import ANNA
from tests.support.running_service import running_service as running
from tests.support.service_database import ServiceDatabase

Headers = Mapping[str, str]


def settings_for(database: ServiceDatabase, **others: Any) -> CjAssessmentServiceSettings:
    values: dict[str, Any] = {
        "database_url": SecretStr(database.app_url),
        "max_request_bytes": 100_000,
        # Tests that are about what a dead process left run the job themselves.
        "scoring_interval": timedelta(days=1),
        # A machine under load is no outage: many judges at once wait for a connection, and for their batch.
        "database_pool_timeout": 60.0,
        "database_lock_timeout": 60.0,
        "database_statement_timeout": 60.0,
    }
    return CjAssessmentServiceSettings(**values | others)


def batch_question(essays: int = 3, **differing: Any) -> dict[str, Any]:
    """What creates a batch of so many essays."""
    usual = {
        "batch_id": str(uuid4()),
        "course_code": "ENG5",
        "language": "en",
        "essays": [{"essay_id": str(uuid4()), "storage_id": uuid4().hex} for _ in range(essays)],
    }
    return usual | differing


def with_key(headers: Headers, key: str | None = None) -> dict[str, str]:
    return {**headers, "Idempotency-Key": key or str(uuid4())}


@dataclass(frozen=True)
class Service:
    """What tests ask of a running service, over HTTP."""

    client: httpx.AsyncClient

    async def batch(self, essays: int = 3, headers: Headers = ANNA, **differing: Any) -> dict[str, Any]:
        """A batch that was created."""
        question = batch_question(essays, **differing)
        return await self.created("/v1/cj/batches", question, with_key(headers))

    async def pairs(self, batch: Mapping[str, Any], count: int, headers: Headers = ANNA) -> list[dict[str, Any]]:
        """Comparisons that were asked for."""
        path = f"/v1/cj/batches/{batch['batch_id']}/comparisons"
        return list((await self.created(path, {"count": count}, with_key(headers)))["comparisons"])

    async def judged(self, comparison: Mapping[str, Any], **differing: Any) -> dict[str, Any]:
        """The comparison with a first answer: the essay with the smaller id wins, if nothing else is said."""
        return dict((await self.created("/v1/cj/judgements", judgement(comparison, **differing), ANNA))["comparison"])

    async def created(self, path: str, question: Mapping[str, Any], headers: Headers) -> dict[str, Any]:
        response = await self.client.post(path, json=question, headers=headers)
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def read(self, path: str, headers: Headers = ANNA, **question: Any) -> dict[str, Any]:
        response = await self.client.get(path, params=question, headers=headers)
        assert response.status_code == 200, response.text
        return dict(response.json())


def judgement(comparison: Mapping[str, Any], **differing: Any) -> dict[str, Any]:
    smaller_wins = UUID(comparison["essay_a"]) < UUID(comparison["essay_b"])
    usual = {
        "request_correlation_id": comparison["request_correlation_id"],
        "winner": "essay_a" if smaller_wins else "essay_b",
    }
    return usual | differing


@asynccontextmanager
async def running_service(database: ServiceDatabase, **settings: Any) -> AsyncIterator[Service]:
    async with running(DEFINITION, settings_for(database, **settings)) as service:
        yield Service(service.client)
