"""A revision of a service's schema under load, with capture running: what an analyst sees before, during and after."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from analytics.as_of import AsOf
from analytics.captured import captured
from analytics.timeline import timeline
from cdc.clickhouse import client
from migrations import capture as capture_migration
from migrations import postgres
from migrations.in_effect import announce, upgrade
from services.registry import service_named
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.next_revision import NEXT, next_models, write_next_revision
from tests.pipeline.writers import KEYS, Load

FILE = service_named("file")
WITNESS = file_ids(len(KEYS) + 1)[-1]
# What an analyst may ask whatever becomes of the columns: the rows that are there, and everything that ever was.
ALWAYS_ANSWERED = (
    "SELECT count() FROM file.files",
    "SELECT * FROM file.files LIMIT 1",
    "SELECT file_id, status, updated_at FROM file.files_history LIMIT 1",
    "SELECT status, updated_at FROM file.files_as_of(at = '2100-01-01') LIMIT 1",
)


@dataclass
class Analyst:
    """Asks again and again; `errors` are the answers that were none."""

    asked: int = 0
    errors: list[str] = field(default_factory=list)


@contextmanager
def asking(capture: Capture) -> Iterator[Analyst]:
    """An analyst who asks all along."""
    analyst, ended = Analyst(), threading.Event()

    def ask() -> None:
        with client(capture.clickhouse_url) as opened:
            while not ended.is_set():
                for query in ALWAYS_ANSWERED:
                    try:
                        opened.query(query)
                    except ClickHouseError as error:
                        analyst.errors.append(str(error))
                    analyst.asked += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield analyst
    finally:
        ended.set()
        thread.join()


@pytest.fixture(name="revised")
def _revised(capture: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """The file service with a revision to come; what ClickHouse has of it goes at the end."""
    write_next_revision(tmp_path, monkeypatch)
    yield capture
    for name in ("file", "file_store"):
        capture.clickhouse.command(f"DROP DATABASE {name} SYNC")


def migrate(capture: Capture) -> None:
    """What `python -m migrations upgrade file` does where the models of the revision are deployed."""
    deployed = replace(capture, catalog=next_models())
    announce(capture.clickhouse, [deployed.catalog])
    postgres.upgrade(FILE, capture.database.migrator_url, NEXT)
    capture_migration.upgrade(FILE, deployed.in_effect, capture.database.migrator_url)
    upgrade(capture.clickhouse, [deployed.catalog], durable=False)


def test_a_revision_under_load_reaches_the_analyst_whole(revised: Capture) -> None:
    revised.write(new_file(WITNESS))
    with revised.streaming():
        before = datetime.now(UTC)
        with Load(seed=5, writers=4).going_on(revised), asking(revised) as analyst:
            wait_until(lambda: revised.select("SELECT count() > 30 FROM file.files_history") == [(True,)], "a load")
            migrate(revised)
            revised.write(f"UPDATE files SET state = 'completed', language = 'en' WHERE file_id = '{WITNESS}'")
            wait_until(lambda: "language" in columns(revised, "files"), "the columns to be followed")
            stored = revised.select("SELECT count() FROM file.files_history")
            wait_until(lambda: revised.select("SELECT count() FROM file.files_history") > stored, "the load to go on")
        assert analyst.asked > len(ALWAYS_ANSWERED)
        assert not analyst.errors
        revised.assert_whole()
        assert_seen_by_an_analyst(revised, before)
        with_the_models = replace(revised, catalog=next_models())
        assert with_the_models.in_effect == revised.in_effect
    with with_the_models.streaming():
        with_the_models.assert_whole()


def columns(capture: Capture, view: str) -> set[str]:
    named = f"SELECT name FROM system.columns WHERE database = 'file' AND table = '{view}'"
    return {str(name) for (name,) in capture.select(named)}


def assert_seen_by_an_analyst(revised: Capture, before: datetime) -> None:
    assert {"state", "language"} <= columns(revised, "files")
    assert not {"status", "updated_at"} & columns(revised, "files")
    assert {"state", "language", "status", "updated_at"} <= columns(revised, "files_history")
    assert revised.select("SELECT count() FROM file.files WHERE state IS NULL OR language IS NULL") == [(0,)]
    assert revised.select("SELECT count() FROM file.files WHERE current_version IS NULL") == [(0,)]
    files = captured(revised.clickhouse).table("file.files")
    found = AsOf(files, before, {"file_id": WITNESS}, 10).texts(revised.clickhouse)
    [row] = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    assert (row["status"], row["state"], row["language"]) == ("pending", None, None)
    last = timeline(revised.clickhouse, files, WITNESS)[-1]
    changed = {each.column: each.new for each in last.columns}
    assert (changed["state"], changed["language"]) == ("completed", "en")
