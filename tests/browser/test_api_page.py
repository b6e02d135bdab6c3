"""The page of a service's API: a browser without any network but this machine's shows every operation."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from deploy.local.ports import free_port
from tests.support.parts import require_part
from tests.support.postgres import CreateDatabase

_STARTS_WITHIN_SECONDS = 30.0
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(name="service_url")
def _service_url(service_database: CreateDatabase, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    variables = {
        "FILE_SERVICE_DATABASE_URL": service_database("file").app_url,
        "FILE_SERVICE_OBJECT_STORE_URL": tmp_path.as_uri(),
        "FILE_SERVICE_PORT": str(port),
    }
    command = [sys.executable, "-m", "services.file_service"]
    with subprocess.Popen(command, env={**os.environ, **variables}) as process:
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _answering(url: str) -> str:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {_STARTS_WITHIN_SECONDS:g} s")


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
