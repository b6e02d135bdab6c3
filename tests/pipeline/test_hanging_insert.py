"""One service's insert hangs: the other four go on, though capture has one turn alone and the hanging one holds it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from cdc.pipeline import Pipeline
from cdc.storing.turns import Turns
from services.registry import SERVICES
from tests.pipeline.capture import PACE, SOON, Capture
from tests.pipeline.cutting_proxy import CuttingProxy, cutting_proxy
from tests.support.generated_writes import insert_rows

# Five databases, their templates and all of ClickHouse's tables may have to be made first.
pytestmark = pytest.mark.timeout(400)
HUNG = "content"
ROWS = [1, 2]


@contextmanager
def all_running(captures: dict[str, Capture], proxy: CuttingProxy) -> Iterator[None]:
    """Every pipeline, as `cdc run` has them: with turns that they share."""
    turns, stopping = Turns(1), threading.Event()
    with ThreadPoolExecutor(len(captures)) as threads:
        running = [
            threads.submit(
                Pipeline(each.catalog, each.database.cdc_url, each.clickhouse_url, PACE, turns).run, stopping
            )
            for each in captures.values()
        ]
        try:
            yield
        finally:
            proxy.letting_through.set()
            stopping.set()
    for each in running:
        each.result()


def shown(capture: Capture) -> dict[str, int]:
    """How many rows each of the service's views has."""
    return {str(table): capture.select(f"SELECT count() FROM {table}")[0][0] for table in capture.catalog.tables}


def with_rows(before: dict[str, int]) -> dict[str, int]:
    """What is to be shown once the rows are there."""
    return {table: rows + len(ROWS) for table, rows in before.items()}


def test_the_other_four_services_go_on_while_an_insert_of_the_fifth_hangs(captures: dict[str, Capture]) -> None:
    with cutting_proxy(captures[HUNG].clickhouse_url, seed=1, cut=0.0) as (proxy, url):
        captures[HUNG] = captures[HUNG].through(url)
        with all_running(captures, proxy):
            for capture in captures.values():
                capture.catch_up()
            before = {name: shown(capture) for name, capture in captures.items()}
            proxy.letting_through.clear()
            for service in SERVICES:
                insert_rows(service, captures[service.name].database.migrator_url, ROWS)
            assert proxy.hanging.wait(SOON)
            for name in captures.keys() - {HUNG}:
                captures[name].catch_up()
                assert shown(captures[name]) == with_rows(before[name])
            assert shown(captures[HUNG]) == before[HUNG]
            proxy.letting_through.set()
            captures[HUNG].catch_up()
            assert shown(captures[HUNG]) == with_rows(before[HUNG])
