"""A cluster that was put back, promoted or restored begins a new epoch by itself, and what was undone is told."""

from functools import partial
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from deploy.local.postgres import running_postgres
from tests.pipeline.capture import Capture, new_file, wait_until
from tests.pipeline.clusters import Service, base_backup, owned_copy, promote_at_next_start, put_back
from tests.pipeline.gap import (
    CREATED,
    assert_recovers,
    capture_before,
    epochs,
    has_epochs,
    operations,
    write_in_gap,
)


def captured_on(place: Path, port: int, service_of: Service) -> Capture:
    with running_postgres(place, port=port) as server:
        capture = service_of(server)
        capture_before(capture)
    return capture


def write_what_is_undone(capture: Capture) -> None:
    """Stream changes that the copy of the cluster has not: they are undone when it is put back."""
    with capture.streaming():
        # More log than a start writes.
        capture.write("SELECT pg_logical_emit_message(false, 'x', repeat('y', 9000000))")
        capture.write(new_file(CREATED, user_id="undone"))
        capture.catch_up()


def test_a_cluster_that_was_put_back_to_an_earlier_state_begins_a_new_epoch(place: Path, service_of: Service) -> None:
    port = free_port()
    capture = captured_on(place, port, service_of)
    owned_copy(place / "data", place / "earlier")
    with running_postgres(place, port=port):
        write_what_is_undone(capture)
    put_back(place, place / "earlier")
    with running_postgres(place, port=port), capture.running():
        wait_until(partial(has_epochs, capture, 2), "a new epoch")
        capture.catch_up()
        capture.assert_whole()
    assert "it was put back to an earlier state" in epochs(capture)[1][1]
    assert operations(capture)[CREATED] == [("c", "essay.txt"), ("d", "essay.txt")]


def test_a_cluster_that_was_put_back_and_written_to_since_begins_a_new_epoch(place: Path, service_of: Service) -> None:
    """Its position tells nothing any more; what its slot sends again does."""
    port = free_port()
    capture = captured_on(place, port, service_of)
    owned_copy(place / "data", place / "earlier")
    with running_postgres(place, port=port), capture.streaming():
        capture.write(new_file(CREATED, user_id="undone"))
        capture.catch_up()
    put_back(place, place / "earlier")
    with running_postgres(place, port=port):
        while capture.wal_position() < capture.stored_position() + 1_000_000:
            capture.write("SELECT pg_logical_emit_message(false, 'x', repeat('y', 1000000))")
        with capture.running():
            wait_until(partial(has_epochs, capture, 2), "a new epoch")
            capture.catch_up()
            capture.assert_whole()
    assert "PostgreSQL has not 1 transactions that ClickHouse holds" in epochs(capture)[1][1]
    assert operations(capture)[CREATED] == [("c", "essay.txt"), ("d", "essay.txt")]


def test_a_cluster_that_was_promoted_to_a_new_timeline_begins_a_new_epoch(
    place: Path, service_of: Service, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    capture = captured_on(place, port, service_of)
    promote_at_next_start(place / "data")
    with running_postgres(place, port=port):
        write_in_gap(capture)
        assert_recovers(capture, "PostgreSQL is on timeline 2 and was on 1", caplog)


def test_a_base_backup_that_was_restored_begins_a_new_epoch(
    place: Path, service_of: Service, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with running_postgres(place, port=port) as server:
        capture = service_of(server)
        capture_before(capture)
        base_backup(server, place / "backup")
    put_back(place, place / "backup")
    with running_postgres(place, port=port):
        write_in_gap(capture)
        assert_recovers(capture, "the replication slot was gone", caplog)
