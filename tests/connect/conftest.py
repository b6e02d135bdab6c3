"""ClickHouse with every object, and captured databases, as the tests of the pipeline have them."""

from tests.pipeline.conftest import _capture, _clickhouse

__all__ = ["_capture", "_clickhouse"]
