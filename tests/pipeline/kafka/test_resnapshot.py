"""`python -m cdc resnapshot` beside a stream that comes through Kafka: what ClickHouse lost is there again."""

import pytest

from tests.pipeline.capture import file_ids, new_file
from tests.pipeline.commands import cdc, set_addresses
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.writers import KEYS, Load

pytestmark = pytest.mark.timeout(600, func_only=True)
SECONDS = 90.0
# A file that none of the load's writers knows.
[LOST] = set(file_ids(len(KEYS) + 1)) - set(KEYS)


async def test_a_row_that_was_lost_is_copied_anew_while_changes_come(
    by_kafka: ByKafka, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = by_kafka.capture
    set_addresses(capture, monkeypatch)
    lost = f"SELECT filename FROM file.files WHERE file_id = '{LOST}'"
    with by_kafka.streaming():
        capture.write(new_file(LOST))
        capture.catch_up(SECONDS)
        for stored in ("history", "latest"):
            delete = f"DELETE WHERE file_id = '{LOST}' SETTINGS mutations_sync = 2"
            capture.clickhouse.command(f"ALTER TABLE file_store.files_{stored} {delete}")
        assert capture.select(lost) == []
        with Load(seed, writers=2).going_on(capture):
            result = cdc("resnapshot", "file.files")
        assert result.exit_code == 0, result.output
        assert "file.files: finished: " in result.stdout
        assert capture.select(lost) == [("essay.txt",)]
        capture.catch_up(SECONDS)
        assert capture.differences() == []
