"""Everything by way of Kafka: what is written in PostgreSQL ends up in ClickHouse, equal, and is proved so."""

import pytest

from tests.pipeline.capture import file_ids, new_file, new_version
from tests.pipeline.kafka.captured import ByKafka
from tests.pipeline.writers import Load

pytestmark = pytest.mark.timeout(900, func_only=True)
ACTOR = 'SELECT pg_logical_emit_message(true, \'huleedu.actor\', \'{"user_id": "bo", "route": "/files"}\')'


async def test_every_kind_of_change_is_carried_counted_and_has_its_actor(by_kafka: ByKafka) -> None:
    capture, (first, second, third) = by_kafka.capture, file_ids(3)
    capture.write(new_file(first))
    with by_kafka.streaming():
        capture.write(ACTOR, new_file(second), new_version(second, 1))
        capture.write(f"UPDATE files SET filename = 'å \"x\"\n.txt' WHERE file_id = '{second}'", new_file(third))
        capture.write(f"DELETE FROM files WHERE file_id = '{first}'")
        capture.write(f"UPDATE file_versions SET version = 2 WHERE file_id = '{second}'")
        capture.catch_up()
        capture.assert_whole()
        who = f"SELECT DISTINCT _user_id, _route FROM file.files_history WHERE file_id = '{second}' AND _op = 'c'"
        assert capture.select(who) == [("bo", "/files")]
        capture.write("TRUNCATE files CASCADE", new_file(third))
        capture.catch_up()
        capture.assert_whole()
        assert capture.select("SELECT toString(file_id) FROM file.files") == [(third,)]


async def test_an_idle_database_makes_progress_by_heartbeats(by_kafka: ByKafka) -> None:
    capture = by_kafka.capture
    with by_kafka.streaming():
        for _ in range(3):
            capture.catch_up()


async def test_changes_made_under_load_are_all_there(by_kafka: ByKafka) -> None:
    with by_kafka.streaming():
        Load(7, transactions=30).write_all(by_kafka.capture)
        by_kafka.capture.catch_up(60)
        by_kafka.capture.assert_whole()
