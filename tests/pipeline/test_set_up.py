"""What a start refuses: a database that is not ready; nothing is copied then."""

import pytest

from cdc.postgres import session
from cdc.source import slot_creation
from cdc.source.slot_setup import NotReadyError, require_published
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.pipeline.first_start import open_transaction, update_to_later
from tests.support.sql import run

ONE, TWO = file_ids(2)


def refusal(capture: Capture) -> str:
    """Why the pipeline would not start."""
    with session(capture.database.cdc_url) as connection, pytest.raises(NotReadyError) as raised:
        require_published(connection, capture.catalog)
    return str(raised.value)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP PUBLICATION huleedu_cdc", "lacks public.file_versions, public.files and has nothing too much"),
        ("ALTER PUBLICATION huleedu_cdc DROP TABLE files", "lacks public.files and has nothing too much"),
        (
            "CREATE TABLE other (id int PRIMARY KEY); ALTER PUBLICATION huleedu_cdc ADD TABLE other",
            "lacks nothing and has public.other too much",
        ),
        ("ALTER TABLE files REPLICA IDENTITY DEFAULT", "public.files without REPLICA IDENTITY FULL"),
        ("ALTER PUBLICATION huleedu_cdc SET (publish = 'insert')", "leaves out rows, columns or kinds of change"),
        (
            "ALTER PUBLICATION huleedu_cdc SET TABLE files WHERE (filename = ''), file_versions",
            "leaves out rows, columns or kinds of change",
        ),
    ],
)
def test_a_database_that_is_not_published_as_declared_is_refused(capture: Capture, statement: str, reason: str) -> None:
    capture.write(statement)
    refused = refusal(capture)
    assert reason in refused
    assert "run `python -m migrations upgrade`, or `python -m cdc adopt` anew if it was adopted" in refused


def test_a_pipeline_that_was_refused_starts_once_its_cause_is_mended(capture: Capture) -> None:
    capture.write(new_file(ONE), "ALTER PUBLICATION huleedu_cdc DROP TABLE files")
    with capture.running():
        capture.write("ALTER PUBLICATION huleedu_cdc ADD TABLE files")
        capture.catch_up()
        capture.assert_whole()


def test_a_slot_that_waits_for_a_transaction_says_for_which_and_hears_when_it_is_to_stop(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slot_creation, "_SAY_EVERY_SECONDS", 0.1)
    [key] = file_ids(1)
    capture.write(new_file(key))
    with open_transaction(capture) as waited_for:
        update_to_later(waited_for, key)
        said = f"waits for transactions to end that were open before it: pid {waited_for.info.backend_pid} in "
        with capture.running():
            wait_until(lambda: said in caplog.text, "it to say what it waits for")
        found = run(
            capture.database.superuser_dsn, "SELECT 1 FROM pg_replication_slots WHERE slot_name LIKE '%_file_%'"
        )
        assert not found, "a slot that was given up is left"
        caplog.clear()
        with capture.running():
            wait_until(lambda: said in caplog.text, "it to wait again")
            waited_for.commit()
            capture.catch_up()
            capture.assert_whole()
