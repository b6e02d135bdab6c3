"""A route that is one unit of work: what it wrote is stored once it answers, and not at all if it ends in an error."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from dishka import FromDishka
from pydantic import SecretStr
from quart import Blueprint

from services.content_service.app import DEFINITION
from services.content_service.config import ContentServiceSettings
from services.content_service.domain import ContentFilter
from services.content_service.protocols import ContentRepository
from services.content_service.tests.stored_contents import Contents, new_content, opened
from services.kit.errors import ConflictError
from services.kit.paging import PageRequest
from services.kit.web.transactions import in_unit_of_work
from tests.support.callers import OWNER
from tests.support.postgres import CreateDatabase
from tests.support.running_service import running_service
from tests.support.service_database import ServiceDatabase

sample_blueprint = Blueprint("sample", __name__, url_prefix="/sample")


@sample_blueprint.post("/stored")
@in_unit_of_work
async def store(contents: FromDishka[ContentRepository]) -> dict[str, str]:
    content, _ = await contents.store(new_content())
    return {"content_id": content.content_id}


@sample_blueprint.post("/refused")
@in_unit_of_work
async def refuse(contents: FromDishka[ContentRepository]) -> dict[str, str]:
    await contents.store(new_content())
    raise ConflictError("on second thoughts")


@pytest.fixture(name="database")
def _database(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("content")


@pytest.fixture(name="client")
async def _client(database: ServiceDatabase) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with the routes of this module alone."""
    settings = ContentServiceSettings(database_url=SecretStr(database.app_url))
    async with running_service(replace(DEFINITION, blueprints=(sample_blueprint,)), settings) as service:
        yield service.client


@pytest.fixture(name="stored")
async def _stored(database: ServiceDatabase) -> AsyncIterator[Contents]:
    """What others see of the database meanwhile."""
    others = opened(database.app_url)
    yield Contents(others)
    await others.close()


async def _ids(stored: Contents) -> list[str]:
    async with stored.transaction() as contents:
        page = await contents.list_by_user(OWNER, OWNER.user_id, ContentFilter(), PageRequest())
    return [content.content_id for content in page.items]


async def test_what_a_route_wrote_is_stored_once_it_answers(client: httpx.AsyncClient, stored: Contents) -> None:
    answers = [await client.post("/sample/stored") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await _ids(stored) == [answer.json()["content_id"] for answer in answers]


async def test_nothing_is_left_of_a_route_that_ends_in_an_error(client: httpx.AsyncClient, stored: Contents) -> None:
    answer = await client.post("/sample/refused")
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, "on second thoughts")
    assert await _ids(stored) == []
