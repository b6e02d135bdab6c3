"""A connector whose task has failed: the sink on duty sees it, and starts it again until it runs."""

import pytest

from cdc.catalog.postgres_ddl import debezium_slot_name
from cdc.connect.configuration import connector_name
from cdc.connect.rest import ConnectorState, connect_client
from tests.pipeline.capture import file_ids, new_file, wait_until
from tests.pipeline.kafka.captured import ByKafka

pytestmark = pytest.mark.timeout(600, func_only=True)
SECONDS = 120.0
NAME = connector_name("file")
SLOT = debezium_slot_name("file")
ONE, TWO = file_ids(2)


def state(by_kafka: ByKafka) -> ConnectorState:
    with connect_client(by_kafka.connect.url) as client:
        found = client.state(NAME)
    assert found is not None
    return found


async def test_a_task_that_could_not_start_runs_once_it_can(
    by_kafka: ByKafka, caplog: pytest.LogCaptureFixture
) -> None:
    """For a while it is told of a slot that is not there: a task reads files at each start, and this one then fails."""
    capture, slot = by_kafka.capture, by_kafka.connect.secrets / "tended_slot"
    slot.write_text(SLOT)
    with by_kafka.following_epochs().sink():
        wait_until(lambda: capture.confirmed_by_debezium() > 0, "the slot", SECONDS)
        by_kafka.put_connector(**{"slot.name": f"${{dir:{slot.parent}:{slot.name}}}"})
        capture.write(new_file(ONE))
        capture.catch_up(SECONDS)
        slot.write_text("no_such_slot")
        with connect_client(by_kafka.connect.url) as client:
            client.restart(NAME)
        wait_until(lambda: state(by_kafka).has_failed, "the task to fail", SECONDS)
        slot.write_text(SLOT)
        capture.write(new_file(TWO))
        wait_until(lambda: state(by_kafka).is_running, "the task to run again", SECONDS)
        capture.catch_up(SECONDS)
        capture.assert_whole()
    assert f"{NAME} has failed and is started again: " in caplog.text
