"""The fixtures that every test of the project may ask for."""

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# Speed is measured in tests/bench: another worker's tests may take the time of these.
settings.register_profile("unhurried", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("unhurried")

# What helps tests asserts as well, and is to say what it found.
pytest.register_assert_rewrite("tests")

JVM_FIXTURES = {"kafka_server", "connect_server"}
STARTS_JVMS = {
    "test_chaos_by_kafka.py",
    "test_kafka.py",
    "test_kafka_access.py",
    "test_kafka_connect.py",
    "test_stack_kafka.py",
}

pytest_plugins = [
    "tests.support.clickhouse",
    "tests.support.kafka",
    "tests.support.topics",
    "tests.support.platform",
    "tests.support.postgres",
    "tests.support.s3",
    "tests.support.valkey",
    "tests.support.workers",
]


def pytest_configure() -> None:
    """Heed Ctrl-C, as will what tests start and interrupt: a shell has what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Kafka's JVMs: `make test` and `make test-kafka` part there."""
    for item in items:
        if JVM_FIXTURES.intersection(getattr(item, "fixturenames", ())) or item.path.name in STARTS_JVMS:
            item.add_marker(pytest.mark.jvm)


@pytest.fixture(name="plain_logs", scope="session", autouse=True)
def _plain_logs() -> Iterator[None]:
    """Logs without structlog's default tracebacks, which print every local variable and take seconds to do so."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()
