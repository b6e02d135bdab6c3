"""What a start refuses: a database that is not ready; nothing is copied then."""

import pytest

from cdc.postgres import session
from cdc.source.slot_setup import NotReadyError, require_published
from tests.pipeline.capture import Capture, file_ids, new_file

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
