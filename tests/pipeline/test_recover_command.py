"""Whom capture asks before it begins a new epoch: somebody, where PostgreSQL may be the wrong one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from cdc.commands.app import app
from cdc.postgres import session
from cdc.source.epochs import ensure_epoch
from cdc.source.slot_setup import NotReadyError
from deploy.local.postgres import running_postgres
from tests.pipeline.capture import Capture, wait_until
from tests.pipeline.clusters import Service
from tests.pipeline.gap import (
    FIRST_START,
    capture_before,
    epochs,
    write_in_gap,
)
from tests.support.directories import server_directory


@contextmanager
def instead_of(capture: Capture, service_of: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """Another cluster in which the same service is, as far as ClickHouse can tell."""
    with server_directory() as directory, running_postgres(directory) as server:
        other = service_of(server)
        monkeypatch.setenv("CDC_FILE_DATABASE_URL", other.database.cdc_url)
        monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
        yield other


def recover(*options: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["recover", "file", *options], input=answer, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_another_cluster_is_refused_until_somebody_says_that_it_is_the_right_one(
    capture: Capture, service_of: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    capture_before(capture)
    with instead_of(capture, service_of, monkeypatch) as other:
        write_in_gap(other)
        with other.running():
            wait_until(lambda: "run `python -m cdc recover file`" in caplog.text, "the refusal")
        assert epochs(other) == [FIRST_START]
        code, said = recover(answer="n\n")
        assert (code, len(epochs(other))) == (1, 1), said
        code, said = recover("--yes")
        assert (code, len(epochs(other))) == (0, 2), said
        with other.running():
            other.catch_up()
            other.assert_whole()


def test_of_two_that_set_capture_up_at_once_one_waits(capture: Capture) -> None:
    url = capture.database.cdc_url
    with session(url) as first, session(url) as second:
        ensure_epoch(first, url, capture.clickhouse, capture.catalog)
        with pytest.raises(NotReadyError, match="file: another process is setting capture up"):
            ensure_epoch(second, url, capture.clickhouse, capture.catalog)
    with session(url) as third:
        assert ensure_epoch(third, url, capture.clickhouse, capture.catalog) == 1


def test_nobody_recovers_what_is_read_or_was_never_captured(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", capture.database.cdc_url)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)
    code, said = recover("--yes")
    assert (code, "there is nothing to recover" in said) == (1, True), said
    with capture.streaming():
        code, said = recover("--yes")
        assert (code, "stop it first" in said) == (1, True), said
    assert epochs(capture) == [FIRST_START]
