"""A connector whose task failed while it started: whoever has the group's duties starts it again."""

import pytest

from cdc.connect.configuration import connector_name
from cdc.connect.rest import connect_client
from tests.pipeline.capture import file_ids, new_file, wait_until
from tests.pipeline.kafka.captured import ByKafka
from tests.support.sql import run

pytestmark = pytest.mark.timeout(900, func_only=True)
ONE, TWO = file_ids(2)


async def test_a_task_that_was_not_let_in_when_it_started_is_started_again(by_kafka: ByKafka) -> None:
    capture, tended = by_kafka.capture, by_kafka.following_epochs()
    database, name = capture.database, connector_name(capture.catalog.service)
    role = database.service.cdc_role
    with tended.streaming(), connect_client(by_kafka.connect.url) as client:
        capture.write(new_file(ONE))
        run(database.superuser_dsn, f"REVOKE CONNECT ON DATABASE {database.name} FROM PUBLIC, {role}")
        client.restart(name)
        wait_until(lambda: bool((state := client.state(name)) and state.has_failed), "the task to fail", 60)
        run(database.superuser_dsn, f"GRANT CONNECT ON DATABASE {database.name} TO {role}")
        capture.write(new_file(TWO))
        capture.catch_up(120)
        capture.assert_whole()
