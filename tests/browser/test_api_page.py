"""The page of a service's API: a browser without any network but this machine's shows every operation."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.parts import require_part
from tests.support.postgres import CreateDatabase
from tests.support.service_process import service_process

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(name="service_url")
def _service_url(service_database: CreateDatabase, tmp_path: Path) -> Iterator[str]:
    place = service_database("file")
    variables = {
        "FILE_SERVICE_DATABASE_URL": place.app_url,
        "FILE_SERVICE_OBJECT_STORE_URL": (tmp_path / "objects").as_uri(),
    }
    with service_process(place.service, variables, tmp_path) as process:
        process.wait_until_serving()
        yield process.url


async def test_the_api_page_shows_every_operation_without_a_network(service_url: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    require_part("chromium", chromium is not None, "install it, e.g. apt-get install chromium")
    operations = _operations(service_url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        shown, asked_elsewhere = await _shown_operations(browser, service_url, len(operations))
        await browser.close()
    assert shown == operations
    assert asked_elsewhere == []


def _operations(service_url: str) -> set[tuple[str, str]]:
    paths = httpx.get(f"{service_url}/openapi.json", trust_env=False).json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


async def _shown_operations(browser: Browser, url: str, count: int) -> tuple[set[tuple[str, str]], list[str]]:
    page = await browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{url}/docs")
    blocks = page.locator(".opblock-summary")
    await blocks.nth(count - 1).wait_for()
    shown = set()
    for block in await blocks.all():
        method = await block.locator(".opblock-summary-method").inner_text()
        path = await block.locator(".opblock-summary-path").inner_text()
        shown.add((method, path.replace("\u200b", "")))
    return shown, [each for each in asked if not each.startswith((url, "data:"))]
