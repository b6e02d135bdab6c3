"""The fixtures of the pipeline's tests, for those by way of Kafka."""

from tests.pipeline.conftest import _capture, _clickhouse  # noqa: F401
