"""`python -m cdc run` on /metrics and /healthz: what it tells after writes, and while a server is away."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import HttpUrl

from cdc.catalog.postgres_ddl import slot_name
from cdc.monitoring.monitor import monitoring
from cdc.monitoring.watched import Watched
from cdc.settings import CdcSettings
from cdc.stream_metrics import StreamMetrics
from deploy.local.ports import free_port
from services.kit.command_line import USAGE
from tests.chaos.link import Link, link_to
from tests.deploy.declared_metrics import declared
from tests.pipeline.capture import PACE, Capture, file_ids, new_file, new_version, wait_until
from tests.pipeline.cdc_process import cdc_run
from tests.pipeline.dead_letters import POISON, redriven, refusing
from tests.pipeline.scraped import answers, health, scrape
from tests.support.sql import run

# Capture is started as a process, twice, and begins only once ClickHouse is there.
pytestmark = pytest.mark.timeout(400)
ONE, TWO, THREE = file_ids(3)
PATIENCE = 1.0
LONG = 60.0  # a process has to start
FILES = {"service": "file", "table": "files"}


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULEEDU_ENV_FILE", os.devnull)
    for metric in declared("cdc.metrics"):
        metric.clear()


@contextmanager
def watched(capture: Capture, wal_directory: Path | None = None) -> Iterator[int]:
    """A pipeline that is watched, and the port where that is served; it is served first, as by `cdc run`."""
    port = free_port()
    settings = CdcSettings(
        clickhouse_url=HttpUrl(capture.clickhouse_url),
        metrics_port=port,
        sample_seconds=0.1,
        progress_seconds=PATIENCE,
        heartbeat_seconds=PACE.heartbeat_seconds,
        wal_directory=wal_directory,
    )
    metrics = StreamMetrics("file")
    with monitoring(settings) as monitor:
        monitor.watch([Watched(capture.catalog, capture.database.cdc_url, slot_name("file"), metrics)])
        with capture.running(metrics=metrics):
            yield port


@contextmanager
def cdc_run_watched(capture: Capture, log: Path) -> Iterator[int]:
    """`python -m cdc run` as a process of its own, and the port where it serves."""
    port = free_port()
    with cdc_run(capture, log, CDC_METRICS_PORT=str(port), CDC_SAMPLE_SECONDS="0.1"):
        wait_until(lambda: answers(port), "the metrics to be served", LONG)
        yield port


@pytest.fixture(name="link")
def _link(capture: Capture) -> Iterator[Link]:
    """A link before ClickHouse, which a test can cut."""
    address = urlsplit(capture.clickhouse_url)
    with link_to(str(address.hostname), int(address.port or 0)) as link:
        yield link


def behind(capture: Capture, link: Link) -> Capture:
    """The same, with a pipeline that reaches ClickHouse over the link."""
    address = urlsplit(capture.clickhouse_url)
    user, _, _ = address.netloc.rpartition("@")
    return capture.through(address._replace(netloc=f"{user}@127.0.0.1:{link.port}").geturl())


def cut(link: Link) -> None:
    link.refusing = True
    link.cut()


def test_what_is_stored_is_counted_by_table_with_how_long_it_took(capture: Capture) -> None:
    with watched(capture) as port:
        capture.catch_up()
        wait_until(lambda: scrape(port).value("lag_seconds", service="file") >= 0, "the lag to be known")
        capture.write(new_file(ONE), new_file(TWO), new_version(ONE, 1))
        capture.write(new_file(THREE))
        capture.catch_up()
        wait_until(lambda: scrape(port).value("copy_under_way", **FILES) == 0, "the end of the copy to be known")
        found = scrape(port)
        assert found.value("rows_stored_total", **FILES) == 3
        assert found.value("rows_stored_total", service="file", table="file_versions") == 1
        batches = found.value("insert_seconds_count", **FILES)
        assert 1 <= batches <= 2
        assert found.value("commit_to_stored_seconds_count", **FILES) == batches
        assert 0 < found.value("commit_to_stored_seconds_sum", **FILES) < 30 * batches
        assert found.value("batch_rows_sum", service="file") == 4
        [(now,)] = run(capture.database.cdc_url, "SELECT extract(epoch FROM clock_timestamp())::float8")
        assert isinstance(now, float)
        assert now - 30 < found.value("newest_change_timestamp_seconds", **FILES) <= now
        assert found.value("source_info", service="file", source="slot") == 1
        assert found.value("epoch", service="file") == 1
        assert found.value("dead_letters_open", **FILES) == 0


def test_rows_of_a_first_copy_are_counted_apart_from_changes(capture: Capture) -> None:
    capture.write(new_file(ONE), new_file(TWO))
    with watched(capture) as port:
        capture.catch_up()
        found = scrape(port)
    assert found.value("rows_copied_total", **FILES) == 2
    assert not found.value("rows_stored_total", **FILES) > 0


def test_lag_follows_the_heartbeats_and_the_slot_is_told_of(capture: Capture, tmp_path: Path) -> None:
    with watched(capture, tmp_path) as port:
        capture.catch_up()
        wait_until(lambda: scrape(port).value("slot_active", service="file") == 1, "PostgreSQL to be asked")
        found = scrape(port)
        assert 0 <= found.value("lag_seconds", service="file") < 30
        assert found.value("slot_retained_bytes", service="file") > 0
        assert found.value("slot_unconfirmed_bytes", service="file") >= 0
        assert found.value("slot_bytes_until_lost", service="file") > 0
        for limit in ("slot", "disk"):
            assert found.value("wal_forecast_seconds", service="file", limit=limit) > 0
        for server in ("postgresql", "clickhouse"):
            assert 0 <= found.value("sample_age_seconds", service="file", of=server) < 30
        wait_until(lambda: health(port) == (HTTPStatus.OK, {"file": "ok"}), "the stream to go on")


def test_while_clickhouse_is_away_lag_grows_and_health_says_so_until_it_is_back(capture: Capture, link: Link) -> None:
    with watched(behind(capture, link)) as port:
        capture.catch_up()
        wait_until(lambda: health(port)[0] == HTTPStatus.OK, "the stream to go on")
        wait_until(lambda: scrape(port).value("lag_seconds", service="file") >= 0, "the lag to be known")
        cut(link)
        capture.write(new_file(ONE))
        wait_until(lambda: scrape(port).value("lag_seconds", service="file") > 2 * PATIENCE, "the lag to grow")
        status, checks = health(port)
        assert (status, checks["file"][:16]) == (HTTPStatus.SERVICE_UNAVAILABLE, "no progress for ")
        found = scrape(port)
        assert found.value("inserts_tried_again_total", service="file") > 0
        assert found.value("sample_age_seconds", service="file", of="clickhouse") > PATIENCE
        assert found.value("samples_failed_total", service="file", of="clickhouse") > 0
        ages = [found.value("sample_age_seconds", service="file", of=of) for of in ("postgresql", "clickhouse")]
        assert ages[0] < ages[1]
        assert found.value("slot_unconfirmed_bytes", service="file") > 0
        link.refusing = False
        wait_until(lambda: health(port) == (HTTPStatus.OK, {"file": "ok"}), "the stream to go on again")
        wait_until(lambda: scrape(port).value("lag_seconds", service="file") < 2 * PATIENCE, "the lag to end")
        wait_until(lambda: scrape(port).value("rows_stored_total", **FILES) == 1, "the change to be counted")


def test_it_answers_before_clickhouse_ever_did_and_is_not_healthy_then(
    capture: Capture, link: Link, tmp_path: Path
) -> None:
    cut(link)
    with cdc_run_watched(behind(capture, link), tmp_path / "cdc.log") as port:
        status, checks = health(port)
        assert (status, list(checks)) == (HTTPStatus.SERVICE_UNAVAILABLE, ["streams"])
        link.refusing = False
        wait_until(lambda: health(port) == (HTTPStatus.OK, {"file": "ok"}), "the stream to begin", LONG)
        with cdc_run(capture, tmp_path / "other.log", CDC_METRICS_PORT=str(port)) as other:
            assert other.wait(LONG) == USAGE
    [line] = (tmp_path / "other.log").read_text().splitlines()
    assert f"cannot listen on 127.0.0.1:{port}" in line
    assert "set CDC_METRICS_PORT to another port" in line


def test_a_parked_change_is_counted_as_open_until_it_is_redriven(capture: Capture) -> None:
    with watched(capture) as port:
        capture.catch_up()
        with refusing(capture) as mend:
            capture.write(new_file(ONE, POISON), f"UPDATE files SET filename = 'behind' WHERE file_id = '{ONE}'")
            capture.catch_up()
            wait_until(lambda: scrape(port).value("dead_letters_open", **FILES) == 2, "the letters to be counted")
            found = scrape(port)
            assert found.value("rows_parked_total", **FILES, why="refused") == 1
            assert found.value("rows_parked_total", **FILES, why="behind") == 1
            mend()
            assert redriven(capture) == (2, [])
        wait_until(lambda: scrape(port).value("dead_letters_open", **FILES) == 0, "the letters to be gone")


@pytest.mark.usefixtures("short_backoff")
def test_a_stream_that_cannot_begin_is_counted_by_its_reason_and_is_not_healthy(capture: Capture) -> None:
    capture.write("DROP PUBLICATION huleedu_cdc")
    with watched(capture) as port:
        restarts = {"service": "file", "reason": "not_ready"}
        wait_until(lambda: scrape(port).value("restarts_total", **restarts) >= 2, "the stream to be begun again")
        wait_until(lambda: health(port)[0] == HTTPStatus.SERVICE_UNAVAILABLE, "patience to end")


def test_a_second_run_is_healthy_while_the_first_one_stores(capture: Capture, tmp_path: Path) -> None:
    with capture.streaming(), cdc_run_watched(capture, tmp_path / "cdc.log") as port:
        wait_until(lambda: scrape(port).value("lag_seconds", service="file") >= 0, "the lag to be known", LONG)
        for _ in range(3):
            wait_until(
                lambda: scrape(port).value("without_progress_seconds", service="file") < PATIENCE,
                "the first's progress",
            )
        assert health(port)[0] == HTTPStatus.OK


@pytest.mark.parametrize("said", [{}, {"CDC_METRICS_PORT": "0"}], ids=["unset", "0"])
def test_without_a_port_nothing_is_served_and_it_says_so(
    said: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("CDC_METRICS_PORT", raising=False)
    for name, value in {"CDC_CLICKHOUSE_URL": "http://127.0.0.1:1", **said}.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.INFO)
    with monitoring(CdcSettings.load()):
        assert "/metrics and /healthz are not served: CDC_METRICS_PORT is not set" in caplog.text
