"""A revision of a service's schema under load, with capture running: what an analyst sees before, during and after."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.as_of import AsOf
from analytics.captured import captured
from analytics.timeline import timeline
from cdc.catalog.declared import service_catalog
from cdc.catalog.model import ServiceCatalog
from migrations import capture as capture_migration
from migrations import postgres
from migrations.in_effect import announce, upgrade
from services.registry import service_named
from tests.pipeline.analyst import Analyst, asking
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.first_start import open_transaction
from tests.pipeline.next_revision import NEXT, next_models, write_next_revision
from tests.pipeline.writers import KEYS, Load

FILE = service_named("file")
# What no writer touches: one file that is changed after the revision, and one that never is.
WITNESS, UNTOUCHED = file_ids(len(KEYS) + 2)[-2:]
WATCHED = ("status", "state", "language")
# What the untouched file shows of these: its status; then its state and language, as soon as they are copied.
BEFORE, NOT_YET, COPIED = ("pending",), (None, None), ("pending", "sv")


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
    revised.write(new_file(WITNESS), new_file(UNTOUCHED))
    with revised.streaming():
        before = datetime.now(UTC)
        with Load(seed=5, writers=4).going_on(revised), asking(revised, UNTOUCHED, WATCHED) as analyst:
            wait_until(lambda: revised.select("SELECT count() > 30 FROM file.files_history") == [(True,)], "a load")
            wait_until(lambda: analyst.asked > 0, "the analyst to have seen how it was")
            with open_transaction(revised) as held:
                # A copy waits for whoever was writing when it was wanted, and so is not there before this has ended.
                held.cursor().execute("SELECT pg_current_xact_id()")
                migrate(revised)
                revised.write(f"UPDATE files SET state = 'completed', language = 'en' WHERE file_id = '{WITNESS}'")
                wait_until(lambda: NOT_YET in analyst.values, "the analyst to see what the copy has not passed")
            wait_until(lambda: COPIED in analyst.values, "the analyst to see what was copied")
            stored = revised.select("SELECT count() FROM file.files_history")
            wait_until(lambda: revised.select("SELECT count() FROM file.files_history") > stored, "the load to go on")
        assert_whole_at_every_moment(analyst)
        revised.assert_whole()
        assert_seen_by_an_analyst(revised, before)
        with_the_models = replace(revised, catalog=next_models())
        assert with_the_models.in_effect == revised.in_effect
    with with_the_models.streaming():
        with_the_models.assert_whole()


def assert_whole_at_every_moment(analyst: Analyst) -> None:
    """The old columns, then the new ones, and never a mixture; a name that is not there fails for being that name."""
    assert analyst.errors == []
    assert analyst.columns == [declared(service_catalog("file")), declared(next_models())]
    assert analyst.values == [BEFORE, NOT_YET, COPIED]
    assert analyst.known == {"status": [True, False], "state": [False, True], "language": [False, True]}


def declared(catalog: ServiceCatalog) -> frozenset[str]:
    """The columns that files have."""
    return frozenset(column.name for column in catalog.by_name["public", "files"].columns)


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
