"""A workload that nobody here wrote: PostgreSQL's own pgbench on tables that were adopted, at full speed; then proved.

HULEEDU_PGBENCH_SECONDS says for how long; `make pgbench` takes a minute.
"""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from deploy.local.accounts import server_account
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from deploy.local.postgres_binaries import find_binaries
from tests.pipeline.capture import QUICK
from tests.pipeline.foreign import Foreign, foreign_database
from tests.support.service_database import ServiceTemplates
from tests.support.sql import run

SECONDS = int(os.environ.get("HULEEDU_PGBENCH_SECONDS", "3"))
CLIENTS = 4
PATIENCE_SECONDS = 120.0 + 10 * SECONDS
TABLES = {"pgbench_accounts", "pgbench_branches", "pgbench_history", "pgbench_tellers"}


@pytest.fixture(name="bank")
def _bank(
    postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse
) -> Iterator[Foreign]:
    """pgbench's tables, of which one has no key as pgbench makes it."""
    with foreign_database(postgres_server, service_templates, clickhouse_server.url) as foreign:
        pgbench(foreign, "--initialize", "--quiet")
        yield foreign


def pgbench(bank: Foreign, *options: str) -> str:
    command = [str(find_binaries(server_account()) / "pgbench"), *options, bank.dsn]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300 + 12 * SECONDS)
def test_pgbench_at_full_speed_is_carried_whole(bank: Foreign) -> None:
    refused = bank.adopt()
    assert "public.pgbench_history: it has no primary key" in refused.stderr
    bank.sql("ALTER TABLE pgbench_history ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
    assert bank.adopt().exit_code == 0
    capture = bank.capture
    assert {table.name for table in capture.catalog.tables} == TABLES
    with capture.streaming(QUICK):
        print(pgbench(bank, f"--time={SECONDS}", f"--client={CLIENTS}", "--jobs=2"))
        ended = time.monotonic()
        capture.catch_up(PATIENCE_SECONDS)
        print(f"ClickHouse had everything {time.monotonic() - ended:.1f} s after pgbench ended")
        verified = bank.command("verify", bank.name, "--timeout", str(PATIENCE_SECONDS))
    assert verified.exit_code == 0, verified.output
    made = run(bank.dsn, "SELECT count(*), sum(delta) FROM pgbench_history")
    assert made[0][0], "pgbench did nothing"
    assert capture.select(f"SELECT count(), sum(delta) FROM {bank.name}.pgbench_history") == made
    assert capture.select(f"SELECT sum(abalance) FROM {bank.name}.pgbench_accounts") == [(made[0][1],)]
