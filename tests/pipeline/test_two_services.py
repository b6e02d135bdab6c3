"""Two services' pipelines in one process: one that fails time after time leaves the other to its work."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from cdc.pipeline import Pipeline
from cdc.run import run_until_stopped
from tests.pipeline.capture import PACE, Capture, file_ids, new_file, wait_until
from tests.pipeline.shop import shop_catalog
from tests.support.postgres import CreateDatabase

FAILED = "shop: stopped, starting again"


@pytest.fixture(name="unpublished")
def _unpublished(service_database: CreateDatabase, capture: Capture) -> Capture:
    """A service whose database lacks what capture needs, so that its pipeline always fails."""
    database = service_database("file", migrated=False)
    return Capture(database, shop_catalog(), capture.clickhouse_url, capture.clickhouse)


@pytest.fixture(name="signals")
def _signals() -> Iterator[None]:
    """What signals do, as it was before."""
    terminate, interrupt = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, interrupt)


def pipeline(capture: Capture) -> Pipeline:
    return Pipeline(capture.catalog, capture.database.cdc_url, capture.clickhouse_url, PACE)


@pytest.mark.usefixtures("signals")
def test_a_pipeline_that_always_fails_leaves_the_other_streaming(
    capture: Capture, unpublished: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def has_failed(times: int) -> bool:
        return sum(FAILED in record.getMessage() for record in caplog.records) >= times

    def write_between_failures() -> None:
        wait_until(lambda: signal.getsignal(signal.SIGTERM) is not before, "the pipelines to run")
        try:
            for number, file_id in enumerate(file_ids(3), start=1):
                wait_until(partial(has_failed, number), "the other pipeline to fail")
                capture.write(new_file(file_id))
                capture.catch_up()
            capture.assert_whole()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(write_between_failures)
        run_until_stopped([pipeline(unpublished), pipeline(capture)])
    written.result()
    assert capture.select("SELECT count() FROM file.files") == [(3,)]
